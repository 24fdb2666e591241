import type { Post } from '../actors/receiver'
import { openBank, type Bank } from '../bank'
import { breaches } from '../check/promise'
import { readRecords, settled, type Records } from '../check/records'
import { earliest, latest, percentile } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import type { Load } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { eventsOf } from './events-of'

const SILENCE_MS = 30_000

export interface DeliverRun extends Load {
  run: string
  title: string
  webhooks?: number
}

/** Publishes to healthy webhooks, from the first publish to the last arrival. */
export async function deliver(stage: Stage, input: DeliverRun): Promise<Result> {
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, { run, title, webhooks = 1, ...load }: DeliverRun): Promise<Result> {
  const subscriptions = await Promise.all(
    Array.from({ length: webhooks }, (_, i) => bank.subscribe({ path: `/hook/${i}` })),
  )
  const deliveries = load.events * webhooks
  const stopMeter = startMeter(bank.pids)
  const publishedAt = await bank.publish(run, load)
  await stage.receiver.call('expect', { count: deliveries, silenceMs: SILENCE_MS })
  await settled(bank.store, bank.tenantId, 'delivered', deliveries)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, bank.tenantId)
  const expected = {
    events: eventsOf(run, load.events),
    webhooks: subscriptions,
    status: 'delivered',
    maximumAttempts: 5,
  } as const
  return {
    run,
    title,
    events: load.events,
    figures: { ...figures(run, publishedAt, posts, deliveries), ...grouping(records, load.events) },
    cpuMsPerEvent: perEvent(cpuMs, load.events),
    violations: breaches(expected, records, posts),
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    ...(othersCores !== undefined && { othersCores }),
  }
}

function figures(run: string, publishedAt: number[], posts: Post[], deliveries: number): Record<string, number> {
  const seconds = (latest(posts.map(({ at }) => at)) - earliest(publishedAt)) / 1_000
  const publishedOf = new Map(publishedAt.map((at, i) => [`${run}-${i}`, at]))
  const latencies = posts
    .filter(({ attempt }) => attempt === 1)
    .map(({ id, at }) => at - (publishedOf.get(id) ?? Number.NaN))
  return {
    eventsPerSecond: publishedAt.length / seconds,
    deliveriesPerSecond: deliveries / seconds,
    medianMs: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  }
}

/** How far events shared workflows: what the pressure made of the groups. */
export function grouping({ deliveries }: Records, events: number): Record<string, number> {
  return { eventsPerWorkflow: events / new Set(deliveries.map(({ workflowId }) => workflowId)).size }
}
