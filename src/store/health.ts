import type { Failing } from '../domain/health'
import type { Models } from './models'
import type { FailingRecord } from './records'

/** How webhooks fail, over all processes. There is a record of those alone that have failed since their last delivery. */
export interface HealthStore {
  /** So many more failures, the first of them at `since`. */
  fail: (tenantId: string, webhookId: string, failures: number, since: Date) => Promise<Failing>
  /** It has answered, or a person lets it go on. */
  clear: (webhookId: string) => Promise<void>
  find: (webhookIds: string[]) => Promise<Map<string, Failing>>
  /** The ids of all that fail. */
  all: () => Promise<string[]>
  /** The ids of those that fail, and whose next probe is not later than `now`. */
  toProbe: (now: Date) => Promise<string[]>
  /** After so many probes, the next is at `at`. */
  probe: (webhookId: string, probes: number, at: Date) => Promise<void>
}

const toFailing = ({ since, failures, probes = 0, nextProbeAt }: FailingRecord): Failing => ({
  since,
  failures,
  probes,
  ...(nextProbeAt && { nextProbeAt }),
})

export function createHealthStore({ hot: { failing } }: Models): HealthStore {
  const idsOf = async (filter: object): Promise<string[]> => (await failing.find(filter, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id)
  return {
    fail: async (tenantId, webhookId, failures, since) => {
      const record = await failing.findOneAndUpdate(
        { _id: webhookId },
        { $inc: { failures }, $min: { since }, $set: { tenantId, updatedAt: new Date() } },
        { upsert: true, returnDocument: 'after' },
      )
      return record ? toFailing(record) : { since, failures, probes: 0 }
    },
    clear: async (webhookId) => {
      await failing.deleteOne({ _id: webhookId })
    },
    find: async (webhookIds) => {
      const records = await failing.find({ _id: { $in: webhookIds } }).toArray()
      return new Map(records.map((record) => [record._id, toFailing(record)]))
    },
    all: () => idsOf({}),
    toProbe: (now) => idsOf({ nextProbeAt: { $not: { $gt: now } } }),
    probe: async (webhookId, probes, nextProbeAt) => {
      await failing.updateOne({ _id: webhookId }, { $set: { probes, nextProbeAt, updatedAt: new Date() } })
    },
  }
}
