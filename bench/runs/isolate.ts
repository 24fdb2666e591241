import pLimit from 'p-limit'
import { UNDER_WAY, type DeliveryStatus } from '../../src/domain/delivery'
import { FIRST_CUSTOM_EVENT_TYPE_ID } from '../../src/domain/event-types'
import type { Misbehaviour } from '../actors/misbehaviour'
import { openBank, type Bank, type Subscription } from '../bank'
import { breaches, type Expected } from '../check/promise'
import { readRecords, settled, type Records } from '../check/records'
import { latenciesOf } from '../measure/latencies'
import { latest, percentile } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import type { Load } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { eventsAt } from './events-of'
import { DEAD_URL, mustBeDead } from './park'

/** `dead`: every second of them refuses connections, the others hang. */
export type Badness = Misbehaviour | 'dead'

export interface IsolateRun extends Load {
  run: string
  title: string
  webhooks: number
  /** The first of the webhooks, which get half of the events. */
  badWebhooks: number
  /** What is bad about them; nothing in the control. */
  badness?: Badness
}

/** The run that has the same load, all healthy. */
export const controlOf = (run: string): string => `${run}-control`

const SILENCE_MS = 60_000

/** Publishes to many webhooks, half of it to bad ones, and measures the others. */
export async function isolate(stage: Stage, input: IsolateRun): Promise<Result> {
  if (input.badness === 'dead') await mustBeDead()
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, input: IsolateRun): Promise<Result> {
  const { run, title, events, badness } = input
  const webhooks = await subscribeAll(bank, input)
  const goesTo = Array.from({ length: events }, (_, i) => webhookOf(i, input))
  await stage.receiver.call('mostOpen')
  const stopMeter = startMeter(bank.pids)
  const types = goesTo.map((webhook) => FIRST_CUSTOM_EVENT_TYPE_ID + webhook)
  const publishedAt = await bank.publish(run, input, { types })
  await delivered(stage, bank, webhooks, goesTo, badness ? input.badWebhooks : 0)
  // What has time shares a workflow with others, half a second later.
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'on record', events)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  // What is under way at the bad ones ends, and nothing moves any more.
  await bank.herald.stop()
  const mostOpen = await stage.receiver.call('mostOpen')
  const posts = await stage.receiver.call('collect')
  const records = await readRecords(bank.store, [bank.tenantId])
  const healthyPaths = new Set(webhooks.slice(input.badWebhooks).map(({ path }) => path))
  const latenciesMs = latenciesOf(run, publishedAt, posts.filter(({ path }) => healthyPaths.has(path)))
  return {
    run,
    title,
    events,
    figures: {
      medianMs: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      maxMs: latest(latenciesMs),
      ...(badness && atTheBad(webhooks.slice(0, input.badWebhooks), mostOpen, records)),
    },
    latenciesMs,
    cpuMsPerEvent: perEvent(cpuMs, events),
    violations: breaches(webhooks.map((webhook, i) => expectedOf(webhook, i, goesTo, input)), records, posts),
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    ...(othersCores !== undefined && { othersCores }),
  }
}

/** Waits until all that goes to webhooks that answer well, those from number `first` on, has arrived and is on record. */
async function delivered(stage: Stage, bank: Bank, webhooks: Subscription[], goesTo: number[], first: number): Promise<void> {
  const count = goesTo.filter((webhook) => webhook >= first).length
  const webhookIds = webhooks.slice(first).map(({ id }) => id)
  await stage.receiver.call('expect', { count, silenceMs: SILENCE_MS })
  await settled(bank.store, { tenantIds: [bank.tenantId], webhookIds }, 'delivered', count)
}

/** Every second event goes to a bad webhook; among their kind all come in turn. */
function webhookOf(i: number, { webhooks, badWebhooks }: IsolateRun): number {
  const turn = Math.floor(i / 2)
  return i % 2 === 0 ? turn % badWebhooks : badWebhooks + (turn % (webhooks - badWebhooks))
}

/** API calls under way at once. */
const CALLS = 16

/** Each webhook has an event type of its own, so that an event goes to one and no other. */
async function subscribeAll(bank: Bank, input: IsolateRun): Promise<Subscription[]> {
  const limit = pLimit(CALLS)
  const each = <T>(work: (i: number, type: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: input.webhooks }, (_, i) => limit(work, i, FIRST_CUSTOM_EVENT_TYPE_ID + i)))
  await each((i, id) => bank.herald.call('POST', '/v1/event-types', { id, name: `KIND ${i}` }))
  return each((i, type) => bank.subscribe(targetOf(i, input), { eventTypes: [type] }))
}

function targetOf(i: number, { badWebhooks, badness }: IsolateRun): { path: string } | { url: string } {
  if (badness === undefined || i >= badWebhooks) return { path: `/hook/${i}` }
  if (badness !== 'dead') return { path: `/${badness}/${i}` }
  return i % 2 === 0 ? { path: `/hang/${i}` } : { url: DEAD_URL }
}

/** Five attempts and their waits take longer than the run where a bad one is slow. */
const UNFINISHED: DeliveryStatus[] = [...UNDER_WAY, 'parked']

function expectedOf(webhook: Subscription, index: number, goesTo: number[], { run, badWebhooks, badness }: IsolateRun): Expected {
  const own = goesTo.flatMap((other, i) => (other === index ? [i] : []))
  // Its head is good, and that is what counts.
  const bad: DeliveryStatus[] = badness === 'drip' ? [...UNFINISHED, 'delivered'] : UNFINISHED
  return {
    events: eventsAt(run, own),
    webhooks: [webhook],
    statuses: badness && index < badWebhooks ? bad : ['delivered'],
    maximumAttempts: 5,
  }
}

/** How much was open at one of the bad ones, and where their deliveries are in the end. */
function atTheBad(bad: Subscription[], mostOpen: Record<string, number>, { deliveries }: Records): Record<string, number> {
  const ids = new Set(bad.map(({ id }) => id))
  const theirs = deliveries.filter(({ webhookId }) => ids.has(webhookId))
  const count = (is: (delivery: (typeof theirs)[number]) => boolean): number => theirs.filter(is).length
  return {
    openAtOneBad: latest(bad.map(({ path = '' }) => mostOpen[path] ?? 0)),
    badPosts: theirs.reduce((sum, { posts }) => sum + posts, 0),
    badInQueue: count(({ queue }) => queue !== undefined),
    badUnderWay: count(({ status, queue }) => queue === undefined && UNDER_WAY.includes(status)),
    badParked: count(({ status }) => status === 'parked'),
    badDelivered: count(({ status }) => status === 'delivered'),
  }
}
