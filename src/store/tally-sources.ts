import { mongo } from 'mongoose'
import { STEPS_PER_OCTAVE } from '../domain/histogram'
import { addCounts, noCounts, type Counts } from '../domain/tally'
import type { Models } from './models'
import { ALL, type Tally } from './tallies'

/** Counts what the records say. For the counting alone, and so over all tenants. */
export interface TallySources {
  /** What was recorded from `from` up to `to`, whole seconds in ms since 1970, by webhook and by tenant. */
  count: (from: number, to: number) => Promise<Tally[]>
}

interface AttemptGroup {
  _id: { tenantId: string; webhookId: string; delivered: boolean; answer: number | null; arrival: number | null }
  count: number
}
interface ParkedGroup {
  _id: { tenantId: string; webhookId: string }
  count: number
}

/** Only what a majority has: it cannot be taken back, and then recorded again in another minute. */
const OPTIONS = { readConcern: { level: 'majority' as const }, allowDiskUse: true }

export function createTallySources({ hot: { attempts, deliveries } }: Models): TallySources {
  const attemptsIn = (from: number, to: number) =>
    attempts.aggregate<AttemptGroup>(
      [
        { $match: { recordedAt: { $gte: timestamp(from), $lt: timestamp(to) }, webhookId: { $exists: true } } },
        {
          $group: {
            _id: {
              tenantId: '$tenantId',
              webhookId: '$webhookId',
              delivered: { $eq: ['$outcome.kind', 'delivered'] },
              answer: { $cond: [{ $gt: ['$response', null] }, stepOf('$durationMs'), null] },
              arrival: stepOf('$arrivedAfterMs'),
            },
            count: { $sum: 1 },
          },
        },
      ],
      { ...OPTIONS, hint: { recordedAt: 1 } },
    )

  const parkedIn = (from: number, to: number) => {
    const inTime = { $gte: new Date(from), $lt: new Date(to) }
    return deliveries.aggregate<ParkedGroup>(
      [
        // All of it in one element: else the bounds would not hold for an index over an array.
        { $match: { parkings: { $elemMatch: inTime } } },
        { $project: { tenantId: 1, webhookId: 1, parkings: 1 } },
        { $unwind: '$parkings' },
        { $match: { parkings: inTime } },
        { $group: { _id: { tenantId: '$tenantId', webhookId: '$webhookId' }, count: { $sum: 1 } } },
      ],
      { ...OPTIONS, hint: 'parkings' },
    )
  }

  return {
    count: async (from, to) => {
      const sums = createSums()
      for await (const { _id, count } of attemptsIn(from, to)) sums.add(_id, ofAttempts(_id, count))
      for await (const { _id, count } of parkedIn(from, to)) sums.add(_id, { ...noCounts(), parked: count })
      return sums.all()
    },
  }
}

function ofAttempts({ delivered, answer, arrival }: AttemptGroup['_id'], count: number): Counts {
  return {
    delivered: delivered ? count : 0,
    failed: delivered ? 0 : count,
    parked: 0,
    arrival: arrival === null ? {} : { [arrival]: count },
    answer: answer === null ? {} : { [answer]: count },
  }
}

/** Adds up by webhook, and by tenant. */
function createSums() {
  const sums = new Map<string, Tally>()
  const addOne = (tenantId: string, webhookId: string, counts: Counts): void => {
    const key = `${tenantId}/${webhookId}`
    const sum = sums.get(key) ?? { tenantId, webhookId, counts: noCounts() }
    addCounts(sum.counts, counts)
    sums.set(key, sum)
  }
  return {
    add: ({ tenantId, webhookId }: { tenantId: string; webhookId: string }, counts: Counts): void => {
      addOne(tenantId, webhookId, counts)
      addOne(tenantId, ALL, counts)
    },
    all: (): Tally[] => [...sums.values()],
  }
}

const timestamp = (ms: number): mongo.Timestamp => new mongo.Timestamp({ t: ms / 1_000, i: 0 })

/** As in domain/histogram.ts; null of what is missing. */
const stepOf = (ms: string): object => ({
  $cond: [{ $isNumber: ms }, { $floor: { $multiply: [STEPS_PER_OCTAVE, { $log: [{ $add: [1, { $max: [0, ms] }] }, 2] }] } }, null],
})
