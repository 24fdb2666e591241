import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { SCOPES, type Scope } from '../domain/api-key'
import { DEFAULT_TENANT, TENANT_ID_PATTERN, type Tenant } from '../domain/tenant'
import { homeTenant } from '../domain/user'
import { sessionScopes, type LiveSession, type Sessions } from '../portal/sessions'
import type { ApiKeyStore } from '../store/api-keys'
import type { TenantStore } from '../store/tenants'
import { hashToken, isSameHash, keyIdOf } from './key-token'
import type { Limits } from './limits'
import { Problem } from './problem'
import type { Caller, Route } from './route'
import { CSRF_HEADER, type SessionCookies } from './session-cookie'

export interface AuthDeps {
  apiKeys: Pick<ApiKeyStore, 'find' | 'used'>
  tenants: Pick<TenantStore, 'get'>
  sessions: Pick<Sessions, 'resolve'>
  cookies: Pick<SessionCookies, 'read'>
  /** SHA-256 of the admin key, in hex. */
  adminKeyHash: string
  limits: Pick<Limits, 'mustHaveTries' | 'takeOfAddress'>
}

/** What of a request says who asks. */
export interface Asking {
  method: string
  headers: IncomingHttpHeaders
  /** Over TLS, as far as the proxies before Herald are trusted to tell. */
  secure: boolean
  /** Where it comes from, as far as they are. */
  address: string
  /** A site that may use the sessions of its visitors has sent it: it need not show the session's token. */
  isTrusted?: boolean
}

/** Lets a request in that may do what needs `scope`; else throws 401, 403 or, for its tenant, 404. */
export type Authenticate = (request: Asking, scope: Exclude<Route['scope'], 'none'>) => Promise<Caller>

/** An API key, or somebody who has signed in. */
interface Known {
  id: string
  homeTenant: string
  /** None in a tenant that is not theirs. */
  scopesIn: (tenantId: string) => readonly Scope[]
  /** Why they may not act for another tenant. */
  stranger: (tenantId: string) => string
  session?: LiveSession
}

/** Of a page that asks by itself, such as a list that is kept fresh: it does not keep a session from ending. */
export const BACKGROUND_HEADER = 'herald-background'
const SAFE_METHODS = ['GET', 'HEAD']

export function createAuthenticate({ apiKeys, tenants, sessions, cookies, adminKeyHash, limits }: AuthDeps): Authenticate {
  const adminKey = ofKey({ id: 'admin', tenantId: DEFAULT_TENANT, scopes: SCOPES })
  const knownTenants = new LRUCache<string, { tenant?: Tenant }>({
    max: 10_000,
    ttl: 1_000,
    fetchMethod: async (id) => ({ tenant: TENANT_ID_PATTERN.test(id) ? await tenants.get(id) : undefined }),
  })

  /** Hashes of keys and sessions that were right: what others do from the same address does not keep them out. */
  const rightLately = new LRUCache<string, true>({ max: 10_000 })
  const mayBeLookedUp = async (hash: string, address: string): Promise<void> => (rightLately.has(hash) ? undefined : limits.mustHaveTries(address))

  async function byKey({ headers, address }: Asking): Promise<Known> {
    const token = bearerToken(headers.authorization)
    const hash = hashToken(token)
    // Of the admin key too: who guesses it has no more tries than for any other.
    await mayBeLookedUp(hash, address)
    if (isSameHash(hash, adminKeyHash)) {
      rightLately.set(hash, true)
      return adminKey
    }
    const id = keyIdOf(token)
    const key = id === undefined ? undefined : await apiKeys.find(id)
    if (!key || !isSameHash(hash, key.hash)) throw unauthorized('This API key is not known.', 'invalid_token')
    if (key.revokedAt) throw unauthorized('This API key was revoked; use another one.', 'invalid_token')
    if (key.expiresAt && key.expiresAt.getTime() <= Date.now()) throw unauthorized(`This API key expired at ${key.expiresAt.toISOString()}; use another one.`, 'invalid_token')
    rightLately.set(hash, true)
    apiKeys.used(key.id)
    return ofKey(key)
  }

  async function bySession(token: string, { method, headers, address, isTrusted }: Asking): Promise<Known> {
    const hash = hashToken(token)
    await mayBeLookedUp(hash, address)
    const session = await sessions.resolve(token, { isUse: headers[BACKGROUND_HEADER] === undefined })
    if (!session) throw unauthorized('The session has ended: sign in again, or send an API key.')
    rightLately.set(hash, true)
    const shown = headers[CSRF_HEADER]
    if (!isTrusted && !SAFE_METHODS.includes(method) && (typeof shown !== 'string' || !isSameHash(shown, session.csrfToken))) {
      throw new Problem('forbidden', `Send the csrfToken of GET /v1/session in the header ${CSRF_HEADER}.`)
    }
    return ofSession(session)
  }

  async function whoAsks(request: Asking): Promise<Known> {
    const { headers, secure, address } = request
    const [cookie] = headers.authorization === undefined ? cookies.read({ cookie: headers.cookie, from: { isSecure: secure } }) : []
    try {
      return await (cookie === undefined ? byKey(request) : bySession(cookie, request))
    } catch (error) {
      if (error instanceof Problem && error.body.status === 401) Object.assign(error.headers, await limits.takeOfAddress(address))
      throw error
    }
  }

  const tenantOf = async (id: string): Promise<Tenant | undefined> => (knownTenants.get(id) ?? (await knownTenants.fetch(id)))?.tenant

  async function mustExist(tenantId: string): Promise<void> {
    if (await tenantOf(tenantId)) return
    throw new Problem('not-found', `There is no tenant ${JSON.stringify(tenantId)}; POST /v1/tenants makes one.`)
  }

  async function mustNotBeSuspended(tenantId: string): Promise<void> {
    const tenant = await tenantOf(tenantId)
    if (tenant?.suspendedAt) throw new Problem('forbidden', 'This tenant is suspended: ask those who operate Herald.')
  }

  return async (request, scope) => {
    const known = await whoAsks(request)
    const wanted = request.headers['herald-tenant']
    const tenantId = typeof wanted === 'string' ? wanted : known.homeTenant
    const scopes = known.scopesIn(tenantId)
    if (scopes.length === 0) throw new Problem('forbidden', known.stranger(tenantId))
    if (!scopes.includes('admin')) await mustNotBeSuspended(tenantId)
    mustBeAllowed(known, scopes, scope)
    if (tenantId !== known.homeTenant) await mustExist(tenantId)
    return { tenantId, keyId: known.id, scopes, ...(known.session && { session: known.session }) }
  }
}

function mustBeAllowed({ session }: Known, scopes: readonly Scope[], needed: Scope | 'session'): void {
  if (needed === 'session') {
    if (session) return
    throw new Problem('forbidden', 'This is for people who have signed in; an API key has no session.')
  }
  if (scopes.includes('admin') || scopes.includes(needed)) return
  const has = scopes.join(', ')
  const detail = session
    ? `This needs the scope "${needed}"; your role gives: ${has}. Ask an administrator.`
    : `This needs a key with the scope "${needed}"; this key has: ${has}.`
  throw new Problem('forbidden', detail)
}

const ofKey = ({ id, tenantId, scopes }: { id: string; tenantId: string; scopes: readonly Scope[] }): Known => ({
  id,
  homeTenant: tenantId,
  scopesIn: (wanted) => (wanted === tenantId || scopes.includes('admin') ? scopes : []),
  stranger: () => `This key belongs to the tenant "${tenantId}"; leave out Herald-Tenant.`,
})

const ofSession = (session: LiveSession): Known => ({
  id: session.callerId,
  homeTenant: homeTenant(session.grants),
  scopesIn: (wanted) => sessionScopes(session, wanted),
  stranger: (wanted) => `You have no role in the tenant ${JSON.stringify(wanted)}; an administrator of it can give you one.`,
  session,
})

function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (token === undefined) throw unauthorized('Send an API key in the header "Authorization: Bearer <key>", or sign in.')
  return token
}

function unauthorized(detail: string, error?: string): Problem {
  const challenge = `Bearer realm="herald"${error ? `, error="${error}"` : ''}`
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } })
}
