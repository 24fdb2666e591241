import type { Answer, Client } from './client'
import type { TestApi } from './start-api'

/** What a browser does for a person: it keeps the cookie, and the portal sends the CSRF token. */
export interface Browser {
  call: Client
  signIn: (email: string, password: string, code?: string) => Promise<Answer>
  /** The Cookie header that it sends. */
  cookie: () => string | undefined
  /** As it came last. */
  setCookie: () => string | undefined
}

export function openBrowser({ as }: TestApi, headers: Record<string, string> = {}): Browser {
  const client = as(undefined)
  const jar = new Map<string, string>()
  let setCookie: string | undefined
  let csrfToken: string | undefined

  const cookie = (): string | undefined => (jar.size === 0 ? undefined : [...jar].map(([name, value]) => `${name}=${value}`).join('; '))

  const call: Client = async (method, path, body, more = {}) => {
    const answer = await client(method, path, body, {
      ...headers,
      ...(jar.size > 0 && { cookie: cookie() }),
      ...(csrfToken !== undefined && method !== 'GET' && { 'x-csrf-token': csrfToken }),
      ...more,
    })
    for (const set of answer.headers.getSetCookie()) {
      setCookie = set
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    if (answer.body?.csrfToken) csrfToken = answer.body.csrfToken
    return answer
  }
  return {
    call,
    signIn: (email, password, code) => call('POST', '/v1/session', { email, password, ...(code !== undefined && { code }) }),
    cookie,
    setCookie: () => setCookie,
  }
}

export const PASSWORD = 'plum lantern walks north'

export const tokenOf = (link: string): string => link.split('#token=')[1] ?? ''

/** A user who has chosen the password. */
export async function addUser(
  api: TestApi,
  email: string,
  { role = 'viewer', tenantId = 'default', everyTenant = false }: { role?: string; tenantId?: string; everyTenant?: boolean } = {},
): Promise<{ id: string; email: string }> {
  const { body, text } = await api.admin('POST', '/v1/users', { email, role, everyTenant }, { 'herald-tenant': tenantId })
  const done = await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(body.link), password: PASSWORD })
  if (done.status !== 200) throw new Error(`${text}\n${done.text}`)
  return { id: body.id, email }
}

/** Somebody with that role, who has signed in. */
export async function signedIn(api: TestApi, email: string, options: Parameters<typeof addUser>[2] = {}): Promise<Browser & { id: string }> {
  const { id } = await addUser(api, email, options)
  const browser = openBrowser(api)
  const { status, text } = await browser.signIn(email, PASSWORD)
  if (status !== 200) throw new Error(text)
  return { ...browser, id }
}
