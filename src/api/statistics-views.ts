import { z } from 'zod'
import { formatDuration } from '../domain/duration'
import { quantile, type Histogram } from '../domain/histogram'
import { deliveryRate, successRate, type Counts } from '../domain/tally'
import { WEBHOOK_STATUSES, type Webhook } from '../domain/webhook'
import type { Statistics, StepCounts, WebhookStatistics } from '../store/statistics'
import { named, time } from './views'

const percentiles = z.object({ p50: z.number(), p99: z.number() })

const counts = {
  delivered: z.int().describe('Attempts that delivered'),
  failed: z.int().describe('Attempts that did not'),
  parked: z.int().describe('Deliveries that were parked in that time; a delivery counts each time it is'),
  deliveryRate: z
    .number()
    .optional()
    .describe('Of the deliveries whose attempts came to an end in that time, delivered or parked, the share that was delivered, 0 to 1; none where none did. One that was parked and is delivered later counts once each.'),
  successRate: z.number().optional().describe('Of all attempts, the share that delivered, 0 to 1; none where there was no attempt.'),
}
const arrival = percentiles
  .optional()
  .describe('In ms, to within 4%: from the acceptance of an event (its `deliverAt`, if later) to its arrival, waits and retries included. Replays do not count.')
const answer = percentiles.optional().describe('In ms, to within 4%: how long attempts that were answered took.')

const backlog = z.object({ parked: z.int(), held: z.int() })

const stepView = z.object({
  from: time.describe('Begin of the step'),
  ...counts,
  arrival,
  backlog: backlog.optional().describe('How many deliveries were parked and held at its end. Of all webhooks together only.'),
})
named.add(stepView, { id: 'StatisticsStep' })

const pointView = z.object({ from: time, delivered: counts.delivered, failed: counts.failed })
named.add(pointView, { id: 'StatisticsPoint' })

export const webhookStatisticsView = z.object({
  webhookId: z.string(),
  url: z.string().optional().describe('None of a webhook that was deleted.'),
  description: z.string().optional(),
  status: z.enum(WEBHOOK_STATUSES).optional(),
  ...counts,
  arrival,
  answer,
  parkedNow: z.int().describe('Parked at this moment; counted up to 1,000.'),
  series: z.array(pointView).describe('Some 12 to 36 longer steps, oldest first: for a spark line. The first and the last may reach beyond the window.'),
})
named.add(webhookStatisticsView, { id: 'WebhookStatistics' })

const about = {
  from: time.describe('The window, widened to whole steps'),
  to: time.describe('Not included'),
  step: z.string().describe('Length of a step, such as `1m` or `6h`'),
  countedUntil: time.optional().describe('Attempts that were recorded before are counted. None where nothing was counted yet.'),
}

export const statisticsView = z.object({
  ...about,
  totals: z.object({ ...counts, arrival, answer }),
  series: z.array(stepView).describe('Oldest first, without gaps. A step that has not ended yet goes on counting.'),
  worst: z
    .array(webhookStatisticsView)
    .optional()
    .describe('Up to 10 webhooks with the most failed attempts in the window; those without any are left out. Not given for a single webhook.'),
})
named.add(statisticsView, { id: 'Statistics' })

export const webhookStatisticsListView = z.object({ ...about, data: z.array(webhookStatisticsView) })
named.add(webhookStatisticsListView, { id: 'WebhookStatisticsList' })

const iso = (ms: number): string => new Date(ms).toISOString()

const toPercentiles = (histogram: Histogram): z.infer<typeof percentiles> | undefined => {
  const [p50, p99] = [quantile(histogram, 0.5), quantile(histogram, 0.99)]
  return p50 === undefined || p99 === undefined ? undefined : { p50, p99 }
}

const toTimes = (name: 'arrival' | 'answer', counts: Counts) => {
  const found = toPercentiles(counts[name])
  return found && { [name]: found }
}

const share = <Name extends string>(name: Name, value: number | undefined) => value !== undefined && ({ [name]: Number(value.toFixed(5)) } as Record<Name, number>)

function toCounts(counts: Counts) {
  const { delivered, failed, parked } = counts
  return { delivered, failed, parked, ...share('deliveryRate', deliveryRate(counts)), ...share('successRate', successRate(counts)) }
}

const toStep = ({ from, counts, backlog }: StepCounts): z.infer<typeof stepView> => ({
  from: iso(from),
  ...toCounts(counts),
  ...toTimes('arrival', counts),
  ...(backlog && { backlog }),
})

export function toWebhookRow({ webhookId, counts, series, parkedNow }: WebhookStatistics, webhook: Webhook | undefined): z.infer<typeof webhookStatisticsView> {
  return {
    webhookId,
    ...(webhook && { url: webhook.url, status: webhook.status, ...(webhook.description && { description: webhook.description }) }),
    ...toCounts(counts),
    ...toTimes('arrival', counts),
    ...toTimes('answer', counts),
    parkedNow,
    series: series.map(({ from, counts: { delivered, failed } }) => ({ from: iso(from), delivered, failed })),
  }
}

export const toAbout = ({ window: { from, to, stepMs }, countedUntil }: Pick<Statistics, 'window' | 'countedUntil'>) => ({
  from: iso(from),
  to: iso(to),
  step: formatDuration(stepMs),
  ...(countedUntil && { countedUntil: countedUntil.toISOString() }),
})

export const toStatisticsView = (statistics: Statistics) => ({
  ...toAbout(statistics),
  totals: { ...toCounts(statistics.totals), ...toTimes('arrival', statistics.totals), ...toTimes('answer', statistics.totals) },
  series: statistics.series.map(toStep),
})
