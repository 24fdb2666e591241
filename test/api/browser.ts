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
  let cookie: string | undefined
  let setCookie: string | undefined
  let csrfToken: string | undefined

  const call: Client = async (method, path, body, more = {}) => {
    const answer = await client(method, path, body, {
      ...headers,
      ...(cookie !== undefined && { cookie }),
      ...(csrfToken !== undefined && method !== 'GET' && { 'x-csrf-token': csrfToken }),
      ...more,
    })
    const set = answer.headers.get('set-cookie')
    if (set !== null) {
      setCookie = set
      cookie = /=(?:;|$)/.test(set.split(';')[0] + ';') ? undefined : set.split(';')[0]
    }
    if (answer.body?.csrfToken) csrfToken = answer.body.csrfToken
    return answer
  }
  return {
    call,
    signIn: (email, password, code) => call('POST', '/v1/session', { email, password, ...(code !== undefined && { code }) }),
    cookie: () => cookie,
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
