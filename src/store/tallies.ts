import { SPAN_MS, type Span } from '../domain/spans'
import { weightOf, type Counts } from '../domain/tally'
import { KEPT_MS } from '../domain/window'
import { duplicateIndexes } from './errors'
import type { Models } from './models'

/** What was counted in one span of time: a minute, an hour or a day of UTC. */
export interface TallyRecord extends Counts {
  /** Tenant, webhook, span and its begin. */
  _id: string
  tenantId: string
  /** `ALL` for all of the tenant. */
  webhookId: string
  span: Span
  at: Date
  /** Attempts and parkings counted. */
  weight: number
  removeAt: Date
}

/** In place of a webhook: all of the tenant's. It sorts before every webhook's id. */
export const ALL = '*'

/** Has an entry of each span in which attempts failed, and all that says who has the most failures. */
export const FAILURES_INDEX = { tenantId: 1, span: 1, at: 1, webhookId: 1, failed: 1 } as const

/** The counts of one webhook, or of a whole tenant, in one span. */
export interface Tally {
  tenantId: string
  webhookId: string
  counts: Counts
}

/** How far the counting has come. */
export interface TallyProgress {
  /** Every minute before is counted for good. */
  settledUntil: Date
  hoursUntil: Date
  daysUntil: Date
  /** What was recorded before is counted, for the first time at least. */
  countedUntil: Date
}
export type TallyProgressRecord = TallyProgress & { _id: string; seenAt?: Date }

export interface TallyStore {
  /** How far it has come, and what time it is, by MongoDB's clock. The first call begins at the present minute. */
  progress: () => Promise<{ now: Date; progress: TallyProgress }>
  /** Nothing goes back. */
  advance: (progress: Partial<TallyProgress>) => Promise<void>
  /** Keeps counts, each unless what stands has counted as much: whoever counts the same time again, or did so earlier, changes nothing. */
  write: (span: Span, at: number, tallies: Tally[]) => Promise<void>
  /** What stands of a span's parts, over all tenants: for whoever adds them up. */
  within: (span: Span, from: number, to: number) => AsyncIterable<Tally>
}

export const PROGRESS = 'tallies'

export function createTallyStore({ hot: { tallies, tallyProgress } }: Models): TallyStore {
  return {
    progress: async () => {
      const found = await tallyProgress.findOneAndUpdate({ _id: PROGRESS }, [{ $set: { ...firstProgress(), seenAt: '$$NOW' } }], {
        upsert: true,
        returnDocument: 'after',
      })
      if (!found) throw new Error('MongoDB answered no progress of the tallies')
      const { _id, seenAt: now = new Date(), ...progress } = found
      return { now, progress }
    },
    advance: async (progress) => {
      await tallyProgress.updateOne({ _id: PROGRESS }, { $max: progress })
    },
    write: async (span, at, all) => {
      if (all.length === 0) return
      const operations = all.map((tally) => {
        const { _id, ...record } = toRecord(span, at, tally)
        return { updateOne: { filter: { _id, weight: { $lt: record.weight } }, update: { $set: record }, upsert: true } }
      })
      try {
        await tallies.bulkWrite(operations, { ordered: false })
      } catch (error) {
        // It stands with as much or more.
        duplicateIndexes(error)
      }
    },
    within: (span, from, to) =>
      tallies
        .find({ span, at: { $gte: new Date(from), $lt: new Date(to) } }, { hint: { span: 1, at: 1 }, readConcern: { level: 'majority' } })
        .map(({ tenantId, webhookId, delivered, failed, parked, arrival, answer }) => ({
          tenantId,
          webhookId,
          counts: { delivered, failed, parked, arrival, answer },
        })),
  }
}

function toRecord(span: Span, at: number, { tenantId, webhookId, counts }: Tally): TallyRecord {
  return {
    _id: `${tenantId}/${webhookId}/${span}/${new Date(at).toISOString()}`,
    tenantId,
    webhookId,
    span,
    at: new Date(at),
    weight: weightOf(counts),
    ...counts,
    removeAt: new Date(at + SPAN_MS[span] + KEPT_MS[span]),
  }
}

/** What is not there yet begins with the minute, hour and day of now. */
function firstProgress(): object {
  const begin = (unit: Span) => ({ $dateTrunc: { date: '$$NOW', unit } })
  return {
    settledUntil: { $ifNull: ['$settledUntil', begin('minute')] },
    hoursUntil: { $ifNull: ['$hoursUntil', begin('hour')] },
    daysUntil: { $ifNull: ['$daysUntil', begin('day')] },
    countedUntil: { $ifNull: ['$countedUntil', begin('minute')] },
  }
}

