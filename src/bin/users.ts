import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fetch } from 'undici'
import { readEnv, type Env } from '../env'
import { ownAddress } from './own-address'

export interface UserOptions {
  tenant: string
  url?: string
}
export interface AddOptions extends UserOptions {
  name?: string
  role: string
  everyTenant?: true
}
export interface ResetOptions extends UserOptions {
  disableTotp?: true
}

/** What a person can mend. */
export class UsersError extends Error {
  override name = 'UsersError'
}

interface UserShown {
  id: string
  email: string
  name: string
  role: string
  everyTenant: boolean
  status: string
}
interface LinkShown {
  link?: string
  linkExpiresAt?: string
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

export async function addUser(email: string, options: AddOptions): Promise<void> {
  const { name, role, everyTenant = false } = options
  const api = await createApi(options)
  const invited = await api<LinkShown>('POST', '/v1/users', { email, role, everyTenant, ...(name !== undefined && { name }) })
  if (invited.link === undefined) say(`${email} was a user already, and has the role now.`)
  else sayLink(email, invited)
}

export async function resetUser(email: string, options: ResetOptions): Promise<void> {
  const api = await createApi(options)
  const { data } = await api<{ data: UserShown[] }>('GET', `/v1/users?email=${encodeURIComponent(email)}`)
  const [user] = data
  if (!user) throw new UsersError(`There is no user ${email} in the tenant ${options.tenant}: herald users list shows who there is, herald users add invites.`)
  sayLink(email, await api<LinkShown>('POST', `/v1/users/${user.id}/password-link`, { disableTotp: options.disableTotp ?? false, enable: user.status === 'disabled' }))
}

export async function listUsers(options: UserOptions): Promise<void> {
  const api = await createApi(options)
  let cursor: string | undefined
  do {
    const page = await api<{ data: UserShown[]; nextCursor?: string }>('GET', `/v1/users?limit=200${cursor ? `&cursor=${cursor}` : ''}`)
    for (const { email, name, role, everyTenant, status } of page.data) {
      say([email, name, `${role}${everyTenant ? ' of every tenant' : ''}`, status].join('\t'))
    }
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

function sayLink(email: string, { link, linkExpiresAt }: LinkShown): void {
  say(`A link for ${email} to choose a password, once, until ${linkExpiresAt ?? ''}:\n${link ?? ''}`)
}

export type Api = <Body>(method: string, path: string, body?: unknown) => Promise<Body>

/** By way of the API, so that what it allows and what it writes is the same. */
export async function createApi({ tenant, url }: UserOptions): Promise<Api> {
  const env = readEnv()
  const key = await adminKey(env)
  const { url: base, dispatcher } = url === undefined ? ownAddress(env) : { url }
  const headers = { authorization: `Bearer ${key}`, 'herald-tenant': tenant, 'content-type': 'application/json' }
  return async <Body>(method: string, where: string, body?: unknown) => {
    const response = await fetch(base + where, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }), ...(dispatcher && { dispatcher }), signal: AbortSignal.timeout(10_000) }).catch(
      (error: Error) => {
        const { message } = (error.cause as Error | undefined) ?? error
        throw new UsersError(`Herald does not answer at ${base} (${message}): start it, or name it with --url.`)
      },
    )
    const text = await response.text()
    if (response.ok) return JSON.parse(text) as Body
    throw new UsersError(`Herald at ${base} answered ${response.status}: ${detailOf(text)}`)
  }
}

async function adminKey({ HERALD_ADMIN_KEY: given, HERALD_DATA_DIR: directory }: Env): Promise<string> {
  if (given !== undefined) return given
  const file = path.resolve(directory, 'admin-key')
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => {
      throw new UsersError(`There is no admin key in ${file}: run this where \`npm start\` runs, or set HERALD_ADMIN_KEY.`)
    },
  )
}

/** A problem says in words what is wrong; what answers otherwise is no Herald. */
function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text
  } catch {
    return 'this is no Herald'
  }
}
