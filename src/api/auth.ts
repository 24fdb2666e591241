import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { SCOPES, type Scope } from '../domain/api-key'
import { DEFAULT_TENANT, TENANT_ID_PATTERN } from '../domain/tenant'
import type { ApiKeyStore } from '../store/api-keys'
import type { TenantStore } from '../store/tenants'
import { hashToken, isSameHash, keyIdOf } from './key-token'
import { Problem } from './problem'
import type { Caller } from './route'

export interface AuthDeps {
  apiKeys: Pick<ApiKeyStore, 'find'>
  tenants: Pick<TenantStore, 'get'>
  /** SHA-256 of the admin key, in hex. */
  adminKeyHash: string
}

/** Lets a request in that may do what needs `scope`; else throws 401, 403 or, for its tenant, 404. */
export type Authenticate = (headers: IncomingHttpHeaders, scope: Scope) => Promise<Caller>

interface KnownKey {
  id: string
  tenantId: string
  scopes: readonly Scope[]
}

export function createAuthenticate({ apiKeys, tenants, adminKeyHash }: AuthDeps): Authenticate {
  const adminKey: KnownKey = { id: 'admin', tenantId: DEFAULT_TENANT, scopes: SCOPES }
  const knownTenants = new LRUCache<string, true>({ max: 10_000, ttl: 1_000 })

  async function keyOf(headers: IncomingHttpHeaders): Promise<KnownKey> {
    const token = bearerToken(headers.authorization)
    const hash = hashToken(token)
    if (isSameHash(hash, adminKeyHash)) return adminKey
    const id = keyIdOf(token)
    const key = id === undefined ? undefined : await apiKeys.find(id)
    if (!key || !isSameHash(hash, key.hash)) throw unauthorized('This API key is not known.', 'invalid_token')
    if (key.revokedAt) throw unauthorized('This API key was revoked; use another one.', 'invalid_token')
    return key
  }

  async function mustExist(tenantId: string): Promise<void> {
    if (knownTenants.has(tenantId)) return
    if (!TENANT_ID_PATTERN.test(tenantId) || !(await tenants.get(tenantId))) {
      throw new Problem('not-found', `There is no tenant ${JSON.stringify(tenantId)}; POST /v1/tenants makes one.`)
    }
    knownTenants.set(tenantId, true)
  }

  return async (headers, scope) => {
    const key = await keyOf(headers)
    const isAdmin = key.scopes.includes('admin')
    if (!isAdmin && !key.scopes.includes(scope)) {
      const has = key.scopes.join(', ')
      throw new Problem('forbidden', `This needs a key with the scope "${scope}"; this key has: ${has}.`)
    }
    const wanted = headers['herald-tenant']
    if (typeof wanted !== 'string' || wanted === key.tenantId) return { tenantId: key.tenantId, keyId: key.id }
    if (!isAdmin) {
      throw new Problem('forbidden', `This key belongs to the tenant "${key.tenantId}"; leave out Herald-Tenant.`)
    }
    await mustExist(wanted)
    return { tenantId: wanted, keyId: key.id }
  }
}

function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (token === undefined) throw unauthorized('Send an API key in the header "Authorization: Bearer <key>".')
  return token
}

function unauthorized(detail: string, error?: string): Problem {
  const challenge = `Bearer realm="herald"${error ? `, error="${error}"` : ''}`
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } })
}
