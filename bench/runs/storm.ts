import { openBank, type Bank } from '../bank'
import { breaches, type Expected } from '../check/promise'
import { readRecords, settled } from '../check/records'
import { now } from '../clock'
import { latenciesOf } from '../measure/latencies'
import { earliest, percentile } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import { SHORT_WAITS, type Plan } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { eventsOf } from './events-of'
import { DEAD_URL, lastParkedAt, mustBeDead } from './park'

export interface StormRun {
  run: string
  title: string
  storm: Plan['storm']
}

/** Publishes very much to a dead endpoint of one tenant, and beside it steadily to a healthy one of another. */
export async function storm(stage: Stage, input: StormRun): Promise<Result> {
  await mustBeDead()
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, { run, title, storm: { dead, healthy } }: StormRun): Promise<Result> {
  const neighbour = await bank.openTenant('neighbour')
  const tenantIds = [bank.tenantId, neighbour.tenantId]
  const { maximumAttempts } = SHORT_WAITS
  const expected: Expected[] = [
    {
      events: eventsOf(`${run}-dead`, dead.events),
      webhooks: [await bank.subscribe({ url: DEAD_URL }, { retry: SHORT_WAITS })],
      statuses: ['parked'],
      maximumAttempts,
    },
    {
      events: eventsOf(`${run}-healthy`, healthy.events),
      webhooks: [await neighbour.subscribe({ path: '/hook' })],
      statuses: ['delivered'],
      maximumAttempts: 5,
    },
  ]
  // Records have times of the calendar.
  const calendar = Date.now() - now()
  const stopMeter = startMeter(bank.pids)
  const [deadAt, healthyAt] = await Promise.all([
    bank.publish(`${run}-dead`, dead),
    bank.publish(`${run}-healthy`, healthy, { tenants: [neighbour] }),
    settled(bank.store, { tenantIds }, 'parked', dead.events),
  ])
  await settled(bank.store, { tenantIds }, 'delivered', healthy.events)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, tenantIds)
  const parkedAt = lastParkedAt(records) - calendar
  // Once the storm is over, nothing is remarkable.
  const inStorm = healthyAt.filter((at) => at < parkedAt)
  const latenciesMs = latenciesOf(`${run}-healthy`, inStorm, posts)
  return {
    run,
    title,
    events: dead.events,
    figures: {
      eventsPerSecond: dead.events / ((parkedAt - earliest(deadAt)) / 1_000),
      medianMs: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
    },
    cpuMsPerEvent: perEvent(cpuMs, dead.events),
    violations: breaches(expected, records, posts),
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    ...(othersCores !== undefined && { othersCores }),
  }
}
