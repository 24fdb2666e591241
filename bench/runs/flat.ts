import Table from 'cli-table3'
import { setTimeout as wait } from 'node:timers/promises'
import { FIRST_CUSTOM_EVENT_TYPE_ID } from '../../src/domain/event-types'
import { BROKEN_PATH, eventId } from '../actors/event'
import { openBank, type Bank, type Subscription } from '../bank'
import { settled } from '../check/records'
import { now } from '../clock'
import { lists, type Filled } from '../flat/lists'
import { plansOf } from '../flat/plans'
import { earliest, latest, median } from '../measure/statistics'
import { peakMb } from '../measure/usage'
import type { FlatLoad, Load } from '../plan'
import type { Result } from '../result'
import type { Stage } from '../stage'
import { STEP_MS, writeSynthetic } from '../synthetic'

export interface FlatRun extends FlatLoad {
  run: string
}

/** Synthetic records stand for webhooks and types of their own, so that nothing of what is measured goes there. */
const WEBHOOKS = 20
const TYPES = [FIRST_CUSTOM_EVENT_TYPE_ID + 1, FIRST_CUSTOM_EVENT_TYPE_ID + 2, FIRST_CUSTOM_EVENT_TYPE_ID + 3]
const BROKEN_TYPE = FIRST_CUSTOM_EVENT_TYPE_ID
const EVENTS_PER_ENTITY = 10
/** So that the lists have full pages also where the stores are said to be empty. */
const BASE = 16_000
const BURSTS = 3
const SILENCE_MS = 30_000

/** What is measured at one size. */
interface Measured {
  burstMs: number
  retryMs: number
  listMs: Map<string, number>
}

/** Measures the same again and again while the stores fill. */
export async function flat(stage: Stage, input: FlatRun): Promise<Result> {
  await stage.receiver.call('break')
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, input: FlatRun): Promise<Result> {
  const { run, sizes, real } = input
  const broken = await setUp(bank)
  const keeper = await parkOne(bank)
  const webhooks = await Promise.all(Array.from({ length: WEBHOOKS }, () => bank.subscribe({ path: '/never' }, { eventTypes: TYPES })))
  const filled: Filled = { tenantId: bank.tenantId, prefix: 'old', webhookIds: webhooks.map(({ id }) => id), typeIds: TYPES, count: 0, newest: new Date(Date.now() - 60_000), eventsPerEntity: EVENTS_PER_ENTITY }
  const measured: Measured[] = []
  // So that no size is measured with a cold compiler.
  await fill(stage, bank, filled, BASE, keeper)
  await measureOnce(stage, bank, input, filled, { broken, name: `${run}-cold` })
  for (const size of sizes) {
    const parked = size === sizes.at(-1) ? real : 0
    await parkReal(stage, bank, parked)
    await fill(stage, bank, filled, BASE + size - parked, keeper)
    measured.push(await measureOnce(stage, bank, input, filled, { broken, name: `${run}-${size}` }))
  }
  const heraldPeakMb = peakMb(bank.herald.pid)
  const figures = await compare(stage, bank, filled, sizes, measured)
  return {
    run,
    title: `the same with ${sizes.map((size) => size.toLocaleString('en')).join(', ')} deliveries in the stores${real > 0 ? `, ${real.toLocaleString('en')} of them in real workflows` : ''}`,
    events: latest(sizes),
    figures,
    cpuMsPerEvent: {},
    violations: [],
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
  }
}

async function setUp(bank: Bank): Promise<Subscription> {
  for (const id of [BROKEN_TYPE, ...TYPES]) await bank.herald.call('POST', '/v1/event-types', { id, name: `KIND ${id}` })
  await bank.subscribe({ path: '/hook' })
  return bank.subscribe({ path: `${BROKEN_PATH}/hook` }, { eventTypes: [BROKEN_TYPE], retry: { maximumAttempts: 1 } })
}

/** The workflow that the synthetic parked ones name: one that runs, as in a real store, so that none is taken for lost. */
async function parkOne(bank: Bank): Promise<string> {
  await bank.publish('keeper', { events: 1, pace: { clients: 1 } }, { types: [BROKEN_TYPE] })
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'parked', 1)
  return (await bank.store.models.deliveries.findOne({ eventId: eventId('keeper', 0) }).lean<{ workflowId: string }>())?.workflowId ?? ''
}

async function parkReal(stage: Stage, bank: Bank, events: number): Promise<void> {
  if (events === 0) return
  stage.report(`parking ${events} for real`)
  const before = await bank.store.models.deliveries.countDocuments({ tenantId: bank.tenantId, status: 'parked' })
  await bank.publish('real', { events, pace: { clients: 4 }, batch: 250 }, { types: Array.from({ length: events }, () => BROKEN_TYPE) })
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'parked', before + events)
}

async function fill(stage: Stage, bank: Bank, filled: Filled, count: number, workflowId: string): Promise<void> {
  const { tenantId, webhookIds, typeIds, prefix, newest, eventsPerEntity } = filled
  const begun = now()
  const more = { tenantId, webhookIds, typeIds, prefix, eventsPerEntity, workflowId, newest, parked: 'every second' } as const
  await writeSynthetic(bank.store, { ...more, from: filled.count, count: count - filled.count })
  stage.report(`${count} deliveries are there, the oldest ${Math.round((count * STEP_MS) / 3_600_000)} h old; written in ${Math.round((now() - begun) / 1_000)} s`)
  filled.count = count
}

async function measureOnce(stage: Stage, bank: Bank, { burst, retries, calls }: FlatRun, filled: Filled, about: { broken: Subscription; name: string }): Promise<Measured> {
  const { broken, name } = about
  const bursts: number[] = []
  for (let i = 0; i < BURSTS; i += 1) bursts.push(await deliver(stage, bank, `${name}-${i}`, burst))
  const listMs = new Map<string, number>()
  // What was written last is not in MongoDB's cache yet, or still on its way out of it.
  for (const path of lists(filled).values()) await bank.herald.call('GET', path, undefined, bank.tenantId)
  for (const [list, path] of lists(filled)) listMs.set(list, await medianMs(calls, () => bank.herald.call('GET', path, undefined, bank.tenantId)))
  return { burstMs: median(bursts), retryMs: await retry(stage, bank, broken, `${name}-retry`, retries), listMs }
}

/** From the first publish to the last arrival, in ms an event. */
async function deliver(stage: Stage, bank: Bank, prefix: string, load: Load): Promise<number> {
  const publishedAt = await bank.publish(prefix, load)
  await stage.receiver.call('expect', { count: load.events, silenceMs: SILENCE_MS })
  const posts = await stage.receiver.call('collect')
  return (latest(posts.map(({ at }) => at)) - earliest(publishedAt)) / load.events
}

/** From the call to the arrival, the median of some. */
async function retry(stage: Stage, bank: Bank, { id }: Subscription, prefix: string, events: number): Promise<number> {
  const { tenantId, herald, store } = bank
  const { deliveries } = store.models.hot
  const parked = { tenantId, webhookId: id, status: 'parked' as const, eventId: { $regex: `^${prefix}-` } }
  await bank.publish(prefix, { events, pace: { perSecond: 20 } }, { types: Array.from({ length: events }, () => BROKEN_TYPE) })
  while ((await deliveries.countDocuments(parked)) < events) await wait(100)
  const found = await deliveries.find(parked).toArray()
  await stage.receiver.call('heal')
  await stage.receiver.call('collect')
  const calledAt = new Map<string, number>()
  for (const { _id, eventId: event } of found) {
    calledAt.set(event, now())
    await herald.call('POST', `/v1/deliveries/${_id}/retry`, undefined, tenantId)
    await wait(50)
  }
  await stage.receiver.call('expect', { count: events, silenceMs: SILENCE_MS })
  const posts = await stage.receiver.call('collect')
  await stage.receiver.call('break')
  return median(posts.map(({ id: event, at }) => at - (calledAt.get(event) ?? Number.NaN)))
}

async function medianMs(calls: number, call: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < calls; i += 1) {
    const begun = now()
    await call()
    took.push(now() - begun)
  }
  return median(took)
}

/** Prints every list with its plan at the largest size; answers the figures. */
async function compare(stage: Stage, bank: Bank, filled: Filled, sizes: number[], measured: Measured[]): Promise<Record<string, number>> {
  const table = new Table({ head: ['list', ...sizes.map((size) => `ms with ${size.toLocaleString('en')}`), 'times', 'index', 'keys', 'documents', 'returned'], style: { head: [], border: [], compact: true } })
  const figures: Record<string, number> = {}
  const [first, last] = [measured[0], measured.at(-1)]
  if (!first || !last) return figures
  for (const [list, path] of lists(filled)) {
    const plans = await plansOf(bank.store, () => bank.herald.call('GET', path, undefined, bank.tenantId))
    const main = plans.toSorted((a, b) => b.docsExamined + b.keysExamined - a.docsExamined - a.keysExamined)[0]
    const took = measured.map(({ listMs }) => listMs.get(list) ?? Number.NaN)
    sizes.forEach((size, i) => (figures[`${list}, ms at ${size}`] = took[i] ?? Number.NaN))
    table.push([list, ...took.map((ms) => ms.toFixed(1)), timesOf(took).toFixed(2), main ? `${main.collection} ${main.plan}` : '', main?.keysExamined ?? '', main?.docsExamined ?? '', main?.returned ?? ''])
  }
  for (const [name, of] of [['delivered/s in a burst', ({ burstMs }: Measured) => 1_000 / burstMs], ['retry to arrival, ms', ({ retryMs }: Measured) => retryMs]] as const) {
    table.push([name, ...measured.map((one) => of(one).toFixed(1)), '', '', '', '', ''])
    sizes.forEach((size, i) => (figures[`${name}, at ${size}`] = of(measured[i] ?? last)))
  }
  stage.report(table.toString())
  const sum = ({ listMs }: Measured): number => [...listMs.values()].reduce((total, ms) => total + ms, 0)
  return {
    burstTimes: last.burstMs / first.burstMs,
    retryTimes: last.retryMs / first.retryMs,
    listsTimes: sum(last) / sum(first),
    worstListTimes: latest([...first.listMs.keys()].map((list) => timesBeyondNoise(first.listMs.get(list) ?? Number.NaN, last.listMs.get(list) ?? Number.NaN))),
    ...figures,
  }
}

/** What a call takes differs by some tenths of a millisecond each time. */
const NOISE_MS = 1
const timesBeyondNoise = (before: number, after: number): number => (Math.abs(after - before) < NOISE_MS ? 1 : after / before)

const timesOf = (took: number[]): number => (took.at(-1) ?? Number.NaN) / (took[0] ?? Number.NaN)
