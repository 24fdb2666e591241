import type { Post } from '../actors/receiver'
import { openBank, type Bank, type Tenant } from '../bank'
import { breaches, type Expected } from '../check/promise'
import { disorder } from '../check/order'
import { readRecords, settled, type Records } from '../check/records'
import { latenciesOf } from '../measure/latencies'
import { earliest, latest, percentile } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import type { Load } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { eventsAt } from './events-of'

const SILENCE_MS = 30_000

export interface DeliverRun extends Load {
  run: string
  title: string
  /** Of each tenant, for every event that it publishes. */
  webhooks?: number
  /** They publish in turn. */
  tenants?: number
  /** A second process shares the work; what is published goes to the first. */
  beside?: true
}

/** Publishes to healthy webhooks, from the first publish to the last arrival. */
export async function deliver(stage: Stage, input: DeliverRun): Promise<Result> {
  const bank = await openBank(stage, input.run)
  const beside = input.beside && (await bank.herald.startBeside())
  try {
    return await measure(stage, bank, input)
  } finally {
    await beside?.stop()
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, { run, title, webhooks = 1, tenants: count = 1, ...load }: DeliverRun): Promise<Result> {
  const tenants = count === 1 ? [bank] : await Promise.all(Array.from({ length: count }, (_, i) => bank.openTenant(String(i))))
  const expected = await Promise.all(tenants.map((tenant, i) => subscribe(tenant, i, { run, webhooks, tenants: count, ...load })))
  const tenantIds = tenants.map(({ tenantId }) => tenantId)
  const deliveries = load.events * webhooks
  const stopMeter = startMeter(bank.pids)
  const publishedAt = await bank.publish(run, load, { tenants })
  await stage.receiver.call('expect', { count: deliveries, silenceMs: SILENCE_MS })
  await settled(bank.store, { tenantIds }, 'delivered', deliveries)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, tenantIds)
  return {
    run,
    title,
    events: load.events,
    figures: { ...figures(run, publishedAt, posts, deliveries), ...grouping(records, load.events) },
    cpuMsPerEvent: perEvent(cpuMs, load.events),
    violations: [...breaches(expected, records, posts), ...(load.orderingKeys === undefined ? [] : disorder(posts, load.orderingKeys))],
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    ...(othersCores !== undefined && { othersCores }),
  }
}

/** Subscribes one of the tenants to all that it publishes. */
async function subscribe(tenant: Tenant, index: number, input: Required<Pick<DeliverRun, 'run' | 'events' | 'webhooks' | 'tenants'>> & Pick<Load, 'orderingKeys'>): Promise<Expected> {
  const { run, events, webhooks, tenants, orderingKeys } = input
  const options = orderingKeys === undefined ? {} : { ordering: 'key' }
  const paths = Array.from({ length: webhooks }, (_, i) => `/hook/${index}/${i}`)
  const own = Array.from({ length: events }, (_, i) => i).filter((i) => i % tenants === index)
  return {
    events: eventsAt(run, own),
    webhooks: await Promise.all(paths.map((path) => tenant.subscribe({ path }, options))),
    statuses: ['delivered'],
    maximumAttempts: 5,
  }
}

function figures(run: string, publishedAt: number[], posts: Post[], deliveries: number): Record<string, number> {
  const seconds = (latest(posts.map(({ at }) => at)) - earliest(publishedAt)) / 1_000
  const latencies = latenciesOf(run, publishedAt, posts)
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
