import { LRUCache } from 'lru-cache'
import type { ApiKey } from '../domain/api-key'
import type { Models } from './models'
import type { ApiKeyRecord } from './records'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface ApiKeyStore {
  /** `hash` is all that is kept of the key itself. */
  insert: (key: ApiKey, hash: string) => Promise<void>
  /**
   * The key that a request names, of whatever tenant. May be one second old: that long a revoked key
   * still works in other processes.
   */
  find: (id: string) => Promise<(ApiKey & { hash: string }) | undefined>
  get: (tenantId: string, id: string) => Promise<ApiKey | undefined>
  list: (tenantId: string, request: PageRequest) => Promise<Page<ApiKey>>
  /** It was used just now; kept to the minute, so that not each request costs a write. */
  used: (id: string) => void
  /** Another one has taken its place: it holds until then, or until it expires anyway. */
  retire: (tenantId: string, id: string, until: Date) => Promise<void>
  /** Revoking again is fine and keeps the first time. */
  revoke: (tenantId: string, id: string) => Promise<void>
}

const CACHE = { max: 10_000, ttl: 1_000 } as const
const USES = { max: 10_000, ttl: 60_000 } as const

const toApiKey = ({ _id, hash: _hash, dataApart, scopes, ...rest }: ApiKeyRecord): ApiKey => ({
  id: _id,
  ...rest,
  scopes: !dataApart && scopes.includes('read') && !scopes.includes('data') ? [...scopes, 'data'] : scopes,
})

export function createApiKeyStore({ apiKeys }: Models): ApiKeyStore {
  const cache = new LRUCache<string, { record?: ApiKeyRecord }>({
    ...CACHE,
    fetchMethod: async (id) => ({ record: (await apiKeys.findById(id).lean<ApiKeyRecord>()) ?? undefined }),
  })

  const usedLately = new LRUCache<string, true>(USES)

  return {
    insert: async ({ id, ...key }, hash) => {
      await apiKeys.create({ _id: id, ...key, hash, dataApart: true })
      cache.delete(id)
    },
    find: async (id) => {
      const record = (cache.get(id) ?? (await cache.fetch(id)))?.record
      return record && { ...toApiKey(record), hash: record.hash }
    },
    get: async (tenantId, id) => {
      const record = await apiKeys.findOne(scoped(tenantId, { _id: id })).lean<ApiKeyRecord>()
      return record ? toApiKey(record) : undefined
    },
    list: (tenantId, request) => page(apiKeys, scoped(tenantId, {}), request, toApiKey),
    used: (id) => {
      if (usedLately.has(id)) return
      usedLately.set(id, true)
      // Nobody waits for it, and what is not written now is with the next use.
      apiKeys.updateOne({ _id: id }, { $max: { lastUsedAt: new Date() } }).catch(() => usedLately.delete(id))
    },
    retire: async (tenantId, id, until) => {
      const change = { rotatedAt: new Date(), expiresAt: { $min: ['$expiresAt', until] } }
      await apiKeys.updateOne(scoped(tenantId, { _id: id }), [{ $set: change }], { updatePipeline: true })
      cache.delete(id)
    },
    revoke: async (tenantId, id) => {
      await apiKeys.updateOne({ ...scoped(tenantId, { _id: id }), revokedAt: { $exists: false } }, { $set: { revokedAt: new Date() } })
      cache.delete(id)
    },
  }
}
