import { LRUCache } from 'lru-cache'
import { mongo } from 'mongoose'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createDataKey, dataKeyNumberOf, newDataKey, type DataKey } from '../domain/data-key'
import { dataKeyId } from '../domain/ids'
import type { Sealer } from '../domain/webhook'
import { isStoreAway, StoreAway } from './errors'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { DataKeyRecord } from './records'
import { scoped } from './scope'

/** As it stands in MongoDB: sealed, or as it was given before there were data keys. */
export type Kept = string | mongo.Binary

/** Keeps each tenant's event data and answers under keys of its own, which the key ring seals. */
export interface Vaults {
  /** The key that seals the tenant's data now; none while a process of an older Herald could not open it. */
  sealing: (tenantId: string) => Promise<DataKey | undefined>
  /** The same of several tenants, for what is written together; without those whose key cannot be opened, which is logged: they stop none of the others. */
  sealingOf: (tenantIds: Iterable<string>) => Promise<Map<string, DataKey | undefined>>
  /** Throws when what is kept was changed, or moved here from elsewhere, or its key is gone. */
  open: (tenantId: string, kept: Kept, context: string) => Promise<string>
  /** The same of one among many, which must not stop for it: none where it does not open, and that is logged. */
  openIfAble: (tenantId: string, kept: Kept, context: string) => Promise<string | undefined>
  /** Whether `kept` is the fingerprint of the text, or the text itself, from before there were data keys. */
  isSame: (tenantId: string, kept: string | undefined, text: string) => Promise<boolean>
}

/**
 * A key with random nonces may seal 2^32 values (NIST SP 800-38D, 8.3): more than 7,000 a second for a
 * week. The next one takes its place then, and it goes on opening what it has sealed.
 */
const KEY_LIFE_MS = 7 * 86_400_000
/** How long a key that another process has just made may take to be durable. */
const DURABLE = { looks: 100, everyMs: 50 } as const
const CACHE = { max: 10_000, ttl: 60_000 } as const

export const contextOf = (tenantId: string, number: number): string => `${tenantId}/data-key/${number}`

export const keep = (key: DataKey | undefined, plain: string, context: string): Kept => (key ? new mongo.Binary(key.seal(plain, context)) : plain)

/** `f1.<number of the key>.<fingerprint>`; no hash from before has a dot. */
export const fingerprintOf = (key: DataKey | undefined, text: string): string => (key ? `f1.${key.number}.${key.fingerprint(text)}` : text)

export function createVaults({ hot: { dataKeys } }: Models, sealer: Sealer, isOn: () => boolean, logger: Logger): Vaults {
  const opened = new LRUCache<string, DataKey>({
    ...CACHE,
    fetchMethod: async (id) => {
      const record = await dataKeys.findOne({ _id: id })
      if (!record) throw new Error(`There is no data key ${id}: restore it, with what it has sealed, from a backup`)
      return openKey(record)
    },
  })
  const current = new LRUCache<string, { key: DataKey; until: number }>({ ...CACHE, fetchMethod: newest })

  const openKey = ({ tenantId, number, sealed }: DataKeyRecord): DataKey =>
    createDataKey(number, Buffer.from(sealer.open(sealed, contextOf(tenantId, number)), 'base64'))

  async function newest(tenantId: string): Promise<{ key: DataKey; until: number }> {
    for (let looks = 0; looks < DURABLE.looks; looks++) {
      // What is sealed with a key that a failover takes back would never be opened again.
      const last = await dataKeys.findOne(scoped(tenantId, {}), { sort: { number: -1 }, readConcern: 'majority' })
      const until = (last?.createdAt.getTime() ?? 0) + KEY_LIFE_MS
      if (last && until > Date.now()) return { key: openKey(last), until }
      if (!(await make(tenantId, (last?.number ?? 0) + 1))) await wait(DURABLE.everyMs)
    }
    throw new StoreAway(`The newest data key of ${tenantId} is not durable yet`)
  }

  /** Of several processes at once one makes it, and the others find it. */
  async function make(tenantId: string, number: number): Promise<boolean> {
    const sealed = sealer.seal(newDataKey().toString('base64'), contextOf(tenantId, number))
    return insertOnce(() => dataKeys.insertOne({ _id: dataKeyId(tenantId, number), tenantId, number, sealed, createdAt: new Date() }))
  }

  async function sealing(tenantId: string): Promise<DataKey | undefined> {
    if (!isOn()) return undefined
    const known = current.get(tenantId)
    if (known && known.until > Date.now()) return known.key
    return (await current.forceFetch(tenantId, { forceRefresh: known !== undefined })).key
  }

  async function sealingIfAny(tenantId: string): Promise<[string, DataKey | undefined][]> {
    try {
      return [[tenantId, await sealing(tenantId)]]
    } catch (error) {
      if (isStoreAway(error)) throw error
      logger.error({ err: error, tenantId }, "the data key of a tenant cannot be opened: its events are refused, and its receivers' answers are not kept, until it can be")
      return []
    }
  }

  async function numbered(tenantId: string, number: number): Promise<DataKey> {
    const id = dataKeyId(tenantId, number)
    return opened.get(id) ?? opened.forceFetch(id)
  }

  async function open(tenantId: string, kept: Kept, context: string): Promise<string> {
    if (typeof kept === 'string') return kept
    const bytes = kept.buffer.subarray(0, kept.position)
    const key = await numbered(tenantId, dataKeyNumberOf(bytes))
    try {
      return key.open(bytes, context)
    } catch (error) {
      throw new Error(`Sealed data of ${context} was changed, or belongs to another record; restore it from a backup`, { cause: error })
    }
  }

  return {
    sealing,
    sealingOf: async (tenantIds) => new Map((await Promise.all([...new Set(tenantIds)].map(sealingIfAny))).flat()),
    open,
    openIfAble: async (tenantId, kept, context) => {
      try {
        return await open(tenantId, kept, context)
      } catch (error) {
        if (isStoreAway(error)) throw error
        logger.error({ err: error, tenantId, context }, 'sealed data cannot be opened: it is passed over until it can be')
        return undefined
      }
    },
    isSame: async (tenantId, kept = '', text) => {
      const [form, number] = kept.split('.')
      if (form !== 'f1') return kept === text
      return fingerprintOf(await numbered(tenantId, Number(number)), text) === kept
    },
  }
}
