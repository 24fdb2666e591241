import { LRUCache } from 'lru-cache'
import type { ApiKey } from '../domain/api-key'
import type { ApiKeyRecord, Models } from './models'
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
  list: (tenantId: string, request: PageRequest) => Promise<Page<ApiKey>>
  /** False when the tenant has no such key; revoking again is fine and keeps the first time. */
  revoke: (tenantId: string, id: string) => Promise<boolean>
}

const CACHE = { max: 10_000, ttl: 1_000 } as const

const toApiKey = ({ _id, hash: _hash, ...rest }: ApiKeyRecord): ApiKey => ({ id: _id, ...rest })

export function createApiKeyStore({ apiKeys }: Models): ApiKeyStore {
  const cache = new LRUCache<string, { record?: ApiKeyRecord }>({
    ...CACHE,
    fetchMethod: async (id) => ({ record: (await apiKeys.findById(id).lean<ApiKeyRecord>()) ?? undefined }),
  })

  return {
    insert: async ({ id, ...key }, hash) => {
      await apiKeys.create({ _id: id, ...key, hash })
      cache.delete(id)
    },
    find: async (id) => {
      const record = (cache.get(id) ?? (await cache.fetch(id)))?.record
      return record && { ...toApiKey(record), hash: record.hash }
    },
    list: (tenantId, request) => page(apiKeys, scoped(tenantId, {}), request, toApiKey),
    revoke: async (tenantId, id) => {
      const mine = scoped(tenantId, { _id: id })
      await apiKeys.updateOne({ ...mine, revokedAt: { $exists: false } }, { $set: { revokedAt: new Date() } })
      cache.delete(id)
      return (await apiKeys.exists(mine)) !== null
    },
  }
}
