import { floorTo, SPAN_MS } from '../domain/spans'
import { KEPT_MS } from '../domain/window'
import type { Models } from './models'
import { scoped } from './scope'

/** How many deliveries stand still. */
export interface Backlog {
  parked: number
  held: number
}

/** A tenant's, from `at` until its next one: the last that was seen in that minute. No chart has shorter steps, and each record is read by those of a month. */
export interface BacklogRecord extends Backlog {
  /** Tenant and minute. */
  _id: string
  tenantId: string
  at: Date
  removeAt: Date
}

export interface BacklogStore {
  /** Looks at every tenant's and keeps those that have changed. Reads an index entry for each that is parked or held; answers how many. */
  sample: (at: Date) => Promise<number>
  /** The last one before `from`, and the last one of each step. Ordered; a step without one has that before it. */
  last: (tenantId: string, from: number, to: number, stepMs: number) => Promise<(Backlog & { at: number })[]>
}

/** Before it leaves, one that has not changed is kept again. */
const AGAIN_MS = KEPT_MS.hour / 4

export function createBacklogStore({ hot: { aggregate, backlogs, deliveries } }: Models): BacklogStore {
  async function now(): Promise<Map<string, Backlog>> {
    const groups = await deliveries
      .aggregate<{ _id: { tenantId: string; status: 'parked' | 'held' }; count: number }>(
        // With a bound on the tenant, the index is gone along for these statuses alone, from tenant to tenant.
        [{ $match: { tenantId: { $gt: '' }, status: { $in: ['parked', 'held'] } } }, { $group: { _id: { tenantId: '$tenantId', status: '$status' }, count: { $sum: 1 } } }],
        { hint: { tenantId: 1, status: 1, _id: -1 } },
      )
      .toArray()
    const found = new Map<string, Backlog>()
    for (const { _id, count } of groups) {
      found.set(_id.tenantId, { ...(found.get(_id.tenantId) ?? { parked: 0, held: 0 }), [_id.status]: count })
    }
    return found
  }

  const kept = async (): Promise<Map<string, BacklogRecord>> =>
    new Map(
      (
        await backlogs
          .aggregate<{ _id: string; last: BacklogRecord }>([
            { $sort: { tenantId: 1, at: -1 } },
            { $group: { _id: '$tenantId', last: { $first: '$$ROOT' } } },
          ])
          .toArray()
      ).map(({ _id, last }) => [_id, last]),
    )

  return {
    sample: async (at) => {
      const [standing, before] = await Promise.all([now(), kept()])
      const changed = [...new Set([...standing.keys(), ...before.keys()])].flatMap((tenantId) => {
        const backlog = standing.get(tenantId) ?? { parked: 0, held: 0 }
        return isNews(backlog, before.get(tenantId), at) ? [toRecord(tenantId, at, backlog)] : []
      })
      const operations = changed.map(({ _id, ...record }) => ({ updateOne: { filter: { _id }, update: { $set: record }, upsert: true } }))
      if (operations.length > 0) await backlogs.bulkWrite(operations, { ordered: false })
      return [...standing.values()].reduce((sum, { parked, held }) => sum + parked + held, 0)
    },
    last: async (tenantId, from, to, stepMs) => {
      const [before, inside] = await Promise.all([
        backlogs.findOne(scoped(tenantId, { at: { $lt: new Date(from) } }), { sort: { at: -1 }, hint: { tenantId: 1, at: -1 } }),
        aggregate<BacklogRecord>([
          { $documents: stepsOf(from, to, stepMs) },
          { $lookup: { from: backlogs.collectionName, let: { from: '$from', to: '$to' }, pipeline: lastIn(tenantId), as: 'last' } },
          { $unwind: '$last' },
          { $replaceWith: '$last' },
        ]).toArray(),
      ])
      return [...(before ? [before] : []), ...inside].map(({ at, parked, held }) => ({ at: at.getTime(), parked, held }))
    },
  }
}

const stepsOf = (from: number, to: number, stepMs: number): { from: Date; to: Date }[] =>
  Array.from({ length: Math.ceil((to - from) / stepMs) }, (_, i) => ({ from: new Date(from + i * stepMs), to: new Date(from + (i + 1) * stepMs) }))

/** The newest in a step, by an index entry: a month has one of each minute in which something has changed. */
const lastIn = (tenantId: string) => [
  { $match: scoped(tenantId, { $expr: { $and: [{ $gte: ['$at', '$$from'] }, { $lt: ['$at', '$$to'] }] } }) },
  { $sort: { at: -1 } },
  { $limit: 1 },
]

function isNews({ parked, held }: Backlog, before: BacklogRecord | undefined, at: Date): boolean {
  if (before?.parked !== parked || before.held !== held) return parked + held > 0 || before !== undefined
  return parked + held > 0 && at.getTime() - before.at.getTime() > AGAIN_MS
}

function toRecord(tenantId: string, seenAt: Date, backlog: Backlog): BacklogRecord {
  const at = new Date(floorTo(seenAt.getTime(), SPAN_MS.minute))
  return { _id: `${tenantId}/${at.toISOString()}`, tenantId, at, ...backlog, removeAt: new Date(at.getTime() + KEPT_MS.hour) }
}
