import Table from 'cli-table3'
import pLimit from 'p-limit'
import { SPAN_MS } from '../../src/domain/spans'
import type { DeliveryRecord } from '../../src/store/records'
import { BROKEN_PATH, eventId } from '../actors/event'
import { openBank, type Bank } from '../bank'
import { settled } from '../check/records'
import { now } from '../clock'
import { plansOf } from '../flat/plans'
import { latest, median } from '../measure/statistics'
import { peakMb } from '../measure/usage'
import type { PortalLoad } from '../plan'
import { writeCounted } from '../portal/counted'
import { openPages } from '../portal/pages'
import { questions, statisticsQuestions, type Asked } from '../portal/questions'
import type { Result } from '../result'
import type { Stage } from '../stage'
import { writeSynthetic, type Synthetic } from '../synthetic'

const TYPES = [1, 2, 3, 4, 5, 6]
/** What the big webhook never got, and many others did. */
const OTHER_TYPE = 5
/** Of a hundred deliveries, so many go to the big webhook. */
const BIG_SHARE = 30
const EVENTS_PER_ENTITY = 1_000
const SHOWN = 15
const PREFIX = 'old'

/** What people wait for at the portal, with a bank's month in the stores. */
export async function portal(stage: Stage, input: PortalLoad & { run: string }): Promise<Result> {
  await stage.receiver.call('break')
  const bank = await openBank(stage, input.run)
  try {
    return await measure(stage, bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(stage: Stage, bank: Bank, load: PortalLoad & { run: string }): Promise<Result> {
  const { run, deliveries, moreDeliveries, counted, calls } = load
  const webhookIds = await subscribe(bank, load.webhooks)
  const synthetic = await month(bank, webhookIds, moreDeliveries)
  await fill(stage, bank, { ...synthetic, count: deliveries })
  const pages = await openPages(bank)
  await fill(stage, bank, { ...synthetic, from: deliveries, count: moreDeliveries - deliveries })
  const asked = askedOf(synthetic, moreDeliveries)
  const answers = await ask(stage, bank, questions(asked), calls)
  const empty = await ask(stage, bank, statisticsQuestions(webhookIds), calls)
  stage.report(`${await writeCounted(bank.store, { tenantId: bank.tenantId, webhookIds, deliveries: counted, until: synthetic.newest })} counts are there, of ${counted} deliveries`)
  const full = await ask(stage, bank, statisticsQuestions(webhookIds), calls)
  const later = await openPages(bank)
  stage.report(pageTable(pages, later, [deliveries, moreDeliveries]))
  const heraldPeakMb = peakMb(bank.herald.pid)
  return {
    run,
    title: `the portal: first pages with ${deliveries.toLocaleString('en')}, ${answers.size} filters with ${moreDeliveries.toLocaleString('en')} deliveries, the overview of ${counted.toLocaleString('en')}`,
    events: moreDeliveries,
    figures: {
      worstPageMs: latest([...pages.values()]),
      worstFilterMs: latest([...answers.values()]),
      worstStatisticsMs: latest([...empty.values(), ...full.values()]),
      ...prefixed('page, ms', pages),
      ...prefixed(`page at ${moreDeliveries}, ms`, later),
      ...prefixed('ms', full),
      ...prefixed('ms', answers),
    },
    cpuMsPerEvent: {},
    violations: [],
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
  }
}

const prefixed = (what: string, values: Map<string, number>): Record<string, number> => Object.fromEntries([...values].map(([name, ms]) => [`${name}, ${what}`, ms]))

/** Webhooks of all types, to which nothing is sent meanwhile. */
async function subscribe(bank: Bank, count: number): Promise<string[]> {
  const limit = pLimit(8)
  const made = await Promise.all(Array.from({ length: count }, () => limit(() => bank.subscribe({ path: '/never' }, { eventTypes: TYPES.slice(0, 4) }))))
  return made.map(({ id }) => id)
}

/** A month of deliveries: most delivered, one in fifty parked, and some of everything else. The newest is a minute old. */
async function month(bank: Bank, webhookIds: string[], count: number): Promise<Synthetic> {
  // The workflow that those name which wait: one that runs, so that none is taken for lost.
  await bank.subscribe({ path: `${BROKEN_PATH}/hook` }, { eventTypes: [6], retry: { maximumAttempts: 1 } })
  await bank.publish('keeper', { events: 1, pace: { clients: 1 } }, { types: [6] })
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'parked', 1)
  const keeper = await bank.store.models.deliveries.findOne({ eventId: eventId('keeper', 0) }).lean<{ workflowId: string }>()
  const [big = '', ...others] = webhookIds
  const stepMs = (30 * SPAN_MS.day) / count
  const newest = new Date(Date.now() - SPAN_MS.minute)
  const inTurn = Array.from({ length: 100 * others.length }, (_, i) => (i % 100 < BIG_SHARE ? big : (others[i % others.length] ?? big)))
  return {
    tenantId: bank.tenantId,
    webhookIds: inTurn,
    typeIds: TYPES,
    prefix: PREFIX,
    count,
    parked: 'none',
    newest,
    stepMs,
    eventsPerEntity: EVENTS_PER_ENTITY,
    shape: (i) => ({ typeId: typeOf(i), ...stateOf(i, new Date(newest.getTime() - i * stepMs), keeper?.workflowId ?? '') }),
  }
}

const typeOf = (i: number): number => (i % 100 < BIG_SHARE ? (TYPES[i % 4] ?? 1) : (TYPES[i % 6] ?? 1))

const REASONS = ['status', 'timeout', 'refused', 'status', 'reset', 'status', 'tls'] as const

function stateOf(i: number, at: Date, workflowId: string): Partial<DeliveryRecord> {
  const share = (i * 7_919) % 1_000
  const lastOutcome = { at, attempt: 1, kind: 'failed' as const, reason: REASONS[i % REASONS.length] ?? 'status', detail: 'Answered 500' }
  if (share < 20) return { status: 'parked', workflowId, lastOutcome, parkedAt: at, parkedReason: 'attempts exhausted' }
  if (share < 21) return { status: 'retrying', workflowId, lastOutcome, nextAttemptAt: new Date(Date.now() + SPAN_MS.day) }
  if (share < 22) return { status: 'cancelled', lastOutcome }
  if (share < 23) return { status: 'expired', lastOutcome, expiredReason: 'event expired' }
  return {}
}

async function fill(stage: Stage, bank: Bank, synthetic: Synthetic): Promise<void> {
  const begun = now()
  await writeSynthetic(bank.store, synthetic)
  stage.report(`${(synthetic.from ?? 0) + synthetic.count} deliveries are there; written in ${Math.round((now() - begun) / 1_000)} s`)
}

function askedOf({ webhookIds, newest, stepMs = 0 }: Synthetic, count: number): Asked {
  const middle = Math.floor(count / 2)
  return {
    big: webhookIds[0] ?? '',
    small: webhookIds[BIG_SHARE] ?? '',
    usualType: TYPES[0] ?? 1,
    otherType: OTHER_TYPE,
    entityId: `txn-${PREFIX}-${Math.floor(middle / EVENTS_PER_ENTITY)}`,
    eventId: eventId(PREFIX, middle),
    oldest: new Date(newest.getTime() - count * stepMs),
  }
}

/** Each question's median; prints the slowest with how MongoDB carried them out. */
async function ask(stage: Stage, bank: Bank, paths: string[], calls: number): Promise<Map<string, number>> {
  const call = (path: string): Promise<unknown> => bank.herald.call('GET', path, undefined, bank.tenantId)
  const answers = new Map<string, number>()
  for (const path of paths) {
    const took: number[] = []
    for (let i = 0; i < calls; i += 1) {
      const begun = now()
      await call(path)
      took.push(now() - begun)
    }
    answers.set(path, median(took))
  }
  const table = new Table({ head: ['slowest', 'ms', 'index', 'keys', 'documents', 'returned'], style: { head: [], border: [], compact: true } })
  for (const [path, ms] of [...answers].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)) {
    const plans = await plansOf(bank.store, () => call(path))
    const main = plans.toSorted((a, b) => b.docsExamined + b.keysExamined - a.docsExamined - a.keysExamined)[0]
    table.push([path.slice(0, 90), ms.toFixed(1), main ? `${main.collection} ${main.plan}`.slice(0, 90) : '', main?.keysExamined ?? '', main?.docsExamined ?? '', main?.returned ?? ''])
  }
  stage.report(table.toString())
  return answers
}

function pageTable(pages: Map<string, number>, later: Map<string, number>, counts: number[]): string {
  const table = new Table({ head: ['page, until it answers', ...counts.map((count) => `ms with ${count.toLocaleString('en')}`)], style: { head: [], border: [], compact: true } })
  for (const [name, ms] of pages) table.push([name, ms.toFixed(0), (later.get(name) ?? Number.NaN).toFixed(0)])
  return table.toString()
}
