import { stretchesOf, type CountedUntil, type Span, type Stretch } from '../domain/spans'
import { addCounts, noCounts, type Counts } from '../domain/tally'
import { spanOfStep, windowOf, type Window } from '../domain/window'
import { createBacklogStore, type Backlog } from './backlogs'
import type { Models } from './models'
import { scoped } from './scope'
import { ALL, FAILURES_INDEX, PROGRESS, type TallyRecord } from './tallies'

export interface StepCounts {
  /** Its begin, in ms since 1970. */
  from: number
  counts: Counts
  /** At its end, or now. */
  backlog?: Backlog
}

interface About {
  window: Window
  /** Nothing was counted yet where there is none. */
  countedUntil?: Date
}
export interface Statistics extends About {
  totals: Counts
  series: StepCounts[]
}
export interface WebhookStatistics {
  webhookId: string
  counts: Counts
  series: StepCounts[]
  /** Counted up to `MOST_PARKED`. */
  parkedNow: number
}

/** What people see of the tallies. Times in ms since 1970. */
export interface StatisticsQueries {
  /** Of a webhook, or of all of a tenant. */
  series: (tenantId: string, from: number, to: number, webhookId?: string) => Promise<Statistics>
  /** Those with the most failed attempts first. */
  worst: (tenantId: string, from: number, to: number, limit: number) => Promise<About & { data: WebhookStatistics[] }>
  /** These, in this order. */
  ofWebhooks: (tenantId: string, from: number, to: number, webhookIds: string[]) => Promise<About & { data: WebhookStatistics[] }>
}

export const MOST_PARKED = 1_000

type Read = Pick<TallyRecord, 'webhookId' | 'at'> & Counts
const READ = { _id: 0, webhookId: 1, at: 1, delivered: 1, failed: 1, parked: 1, arrival: 1, answer: 1 } as const
const INDEX = { tenantId: 1, webhookId: 1, span: 1, at: 1 } as const

export function createStatisticsQueries(models: Models): StatisticsQueries {
  const { tallies, tallyProgress, deliveries } = models.hot
  const backlogs = createBacklogStore(models)

  async function about(from: number, to: number): Promise<About & { until: CountedUntil }> {
    const progress = await tallyProgress.findOne({ _id: PROGRESS })
    const until = { hour: progress?.hoursUntil.getTime() ?? 0, day: progress?.daysUntil.getTime() ?? 0 }
    return { window: windowOf(from, to, Date.now()), until, ...(progress && { countedUntil: progress.countedUntil }) }
  }

  async function read(tenantId: string, webhookIds: string[], stretches: Stretch[]): Promise<Read[]> {
    const parts = stretches.map((stretch) =>
      tallies.find(scoped(tenantId, { webhookId: { $in: webhookIds }, ...inStretch(stretch) }), { hint: INDEX }).project<Read>(READ).toArray(),
    )
    return (await Promise.all(parts)).flat()
  }

  /** The counts are of the window; the series is of fewer and longer steps, which may begin before it and end after it. */
  async function ofWebhooks(tenantId: string, from: number, to: number, webhookIds: string[]): Promise<About & { data: WebhookStatistics[] }> {
    const { until, ...found } = await about(from, to)
    const { window } = found
    const spark = windowOf(from, to, Date.now(), 'sparkMs')
    const stretches = (begin: number, end: number): Stretch[] => stretchesOf(begin, end, until, spanOfStep(spark.stepMs))
    const [inside, outside, parkedNow] = await Promise.all([
      read(tenantId, webhookIds, stretches(window.from, window.to)),
      read(tenantId, webhookIds, [...stretches(spark.from, window.from), ...stretches(window.to, spark.to)]),
      Promise.all(webhookIds.map((webhookId) => countParked(tenantId, webhookId))),
    ])
    const data = webhookIds.map((webhookId, i) => {
      const isOwn = (each: Read): boolean => each.webhookId === webhookId
      const own = inside.filter(isOwn)
      return { webhookId, counts: sumOf(own), series: inSteps(spark, [...own, ...outside.filter(isOwn)]), parkedNow: parkedNow[i] ?? 0 }
    })
    return { ...found, data }
  }

  const countParked = (tenantId: string, webhookId: string): Promise<number> =>
    deliveries.countDocuments(scoped(tenantId, { webhookId, status: 'parked' as const }), {
      limit: MOST_PARKED,
      hint: { tenantId: 1, webhookId: 1, status: 1, _id: -1 },
    })

  /** By webhook, along the few longest spans that make up the window. */
  async function failures(tenantId: string, { from, to }: Window, until: CountedUntil): Promise<Map<string, number>> {
    const sums = new Map<string, number>()
    const groups = stretchesOf(from, to, until).map((stretch) =>
      tallies
        .aggregate<{ _id: string; failed: number }>(
          [
            { $match: scoped(tenantId, { webhookId: { $gt: ALL }, ...inStretch(stretch), failed: { $gt: 0 } }) },
            { $group: { _id: '$webhookId', failed: { $sum: '$failed' } } },
          ],
          { hint: FAILURES_INDEX },
        )
        .toArray(),
    )
    for (const { _id, failed } of (await Promise.all(groups)).flat()) sums.set(_id, (sums.get(_id) ?? 0) + failed)
    return sums
  }

  return {
    series: async (tenantId, from, to, webhookId) => {
      const { until, ...found } = await about(from, to)
      const { window } = found
      const [tallied, backlog] = await Promise.all([
        read(tenantId, [webhookId ?? ALL], stretchesOf(window.from, window.to, until, spanOfStep(window.stepMs))),
        webhookId === undefined ? backlogs.last(tenantId, window.from, window.to, window.stepMs) : [],
      ])
      return { ...found, totals: sumOf(tallied), series: withBacklog(inSteps(window, tallied), backlog, window.stepMs) }
    },
    worst: async (tenantId, from, to, limit) => {
      const { window, until } = await about(from, to)
      const failed = [...(await failures(tenantId, window, until))].toSorted(([, a], [, b]) => b - a)
      return ofWebhooks(tenantId, from, to, failed.slice(0, limit).map(([webhookId]) => webhookId))
    },
    ofWebhooks,
  }
}

const inStretch = ({ span, from, to }: Stretch): { span: Span; at: { $gte: Date; $lt: Date } } => ({
  span,
  at: { $gte: new Date(from), $lt: new Date(to) },
})

function sumOf(tallied: Counts[]): Counts {
  const sum = noCounts()
  for (const counts of tallied) addCounts(sum, counts)
  return sum
}

function inSteps({ from, to, stepMs }: Window, tallied: Read[]): StepCounts[] {
  const steps = Array.from({ length: (to - from) / stepMs }, (_, i): StepCounts => ({ from: from + i * stepMs, counts: noCounts() }))
  for (const { at, ...counts } of tallied) {
    const step = steps[Math.floor((at.getTime() - from) / stepMs)]
    if (step) addCounts(step.counts, counts)
  }
  return steps
}

/** Each step has the last backlog that was seen before its end; steps to come have none. */
function withBacklog(steps: StepCounts[], seen: (Backlog & { at: number })[], stepMs: number): StepCounts[] {
  const now = Date.now()
  let next = 0
  let last: Backlog | undefined
  return steps.map((step) => {
    for (let each = seen[next]; each && each.at < step.from + stepMs; each = seen[next]) {
      last = { parked: each.parked, held: each.held }
      next += 1
    }
    return step.from > now || !last ? step : { ...step, backlog: last }
  })
}
