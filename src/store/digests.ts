import { isDuplicate } from './errors'
import type { Models } from './models'
import { scoped } from './scope'

/** What waits to be told by mail, counted by what it is about, type and reason. */
export interface DigestEntry {
  tenantId: string
  /** The webhook, the release, or the change that waits. */
  aboutId: string
  type: string
  reason: string
  count: number
  since: Date
  until: Date
}
export type DigestRecord = DigestEntry & {
  _id: string
  /** The newest of what was counted, so that a repeated step is not counted twice. */
  keys: string[]
}

/** When the next mail of a tenant may be sent. While one is being sent, that is the end of its lease. */
export interface MailRecord {
  _id: string
  notBefore: Date
  token?: string
}

export interface DigestNews extends Omit<DigestEntry, 'since' | 'until'> {
  /** What is counted with the same key again is not counted again. */
  key: string
  at: Date
}

/** Counts, however much happens: one record a webhook, type and reason. */
export interface DigestStore {
  add: (news: DigestNews) => Promise<void>
  /** Tenants of which something waits since before `time`. */
  waiting: (time: Date) => Promise<string[]>
  /** Whether `token` may send the tenant's mail, until `until`. */
  claim: (tenantId: string, token: string, until: Date) => Promise<boolean>
  /** What waits, most first. */
  entries: (tenantId: string, limit: number) => Promise<DigestEntry[]>
  /** Takes off what was told; what has come meanwhile stays. */
  takeOff: (tenantId: string, told: DigestEntry[]) => Promise<void>
  /** Ends the claim. */
  next: (tenantId: string, token: string, notBefore: Date) => Promise<void>
}

/** A step is repeated soon or never. */
const KEYS_KEPT = 50

const entryKey = ({ tenantId, aboutId, type, reason }: Omit<DigestEntry, 'count' | 'since' | 'until'>): string =>
  `${tenantId}/${aboutId}/${type}/${reason}`

export function createDigestStore({ hot: { digests, mails } }: Models): DigestStore {
  async function add({ key, at, count, ...about }: DigestNews): Promise<void> {
    await digests.updateOne(
      { _id: entryKey(about), keys: { $ne: key } },
      {
        $setOnInsert: about,
        $inc: { count },
        $min: { since: at },
        $max: { until: at },
        $push: { keys: { $each: [key], $slice: -KEYS_KEPT } },
      },
      { upsert: true },
    )
  }

  return {
    add: async (news) => {
      try {
        await add(news)
      } catch (error) {
        if (!isDuplicate(error)) throw error
        // Counted already; or somebody has made the record meanwhile, and then this one is counted now.
        await add(news).catch((again: unknown) => {
          if (!isDuplicate(again)) throw again
        })
      }
    },
    waiting: (time) => digests.distinct('tenantId', { since: { $lte: time }, count: { $gt: 0 } }),
    claim: async (tenantId, token, until) => {
      try {
        const mayNow = { _id: tenantId, notBefore: { $lte: new Date() } }
        const { modifiedCount, upsertedCount } = await mails.updateOne(mayNow, { $set: { notBefore: until, token } }, { upsert: true })
        return modifiedCount + upsertedCount === 1
      } catch (error) {
        if (isDuplicate(error)) return false
        throw error
      }
    },
    entries: (tenantId, limit) =>
      digests.find({ ...scoped(tenantId, {}), count: { $gt: 0 } }, { projection: { _id: 0, keys: 0 } }).sort({ count: -1, _id: 1 }).limit(limit).toArray(),
    takeOff: async (tenantId, told) => {
      if (told.length === 0) return
      const less = told.map((entry) => ({
        updateOne: {
          filter: { _id: entryKey(entry) },
          update: { $inc: { count: -entry.count }, $set: { since: entry.until } },
        },
      }))
      await digests.bulkWrite(less, { ordered: false })
      await digests.deleteMany({ ...scoped(tenantId, { _id: { $in: told.map(entryKey) } }), count: { $lte: 0 } })
    },
    next: async (tenantId, token, notBefore) => {
      await mails.updateOne({ _id: tenantId, token }, { $set: { notBefore }, $unset: { token: '' } })
    },
  }
}
