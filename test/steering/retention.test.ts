import { randomBytes } from 'node:crypto'
import pino from 'pino'
import { RETENTION } from '../../src/domain/tenant'
import { createMetrics } from '../../src/metrics'
import { createRetention, type Retention, type RetentionDeps } from '../../src/steering/retention'
import type { StoreConnection } from '../../src/store/connect'
import { createLegalHoldStore, type LegalHoldStore } from '../../src/store/legal-holds'
import { createRetentionLooks, type RetentionLooks } from '../../src/store/retention-looks'
import { createRetentionMarks } from '../../src/store/retention-marks'
import { createTenantStore, type TenantPatch, type TenantStore } from '../../src/store/tenants'
import { daysAgo, writeAged, type AgedEvents } from '../support/aged-events'
import { connectTestStore } from '../support/mongo'
import { testEvents } from '../support/vaults'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let store: StoreConnection
let tenants: TenantStore
let legalHolds: LegalHoldStore
let looks: RetentionLooks
let retention: Retention
let deps: RetentionDeps
let tenantId: string

beforeAll(async () => {
  store = await connectTestStore()
  tenants = createTenantStore(store.models)
  legalHolds = createLegalHoldStore(store.models)
  looks = createRetentionLooks(store.models)
  deps = {
    tenants,
    legalHolds,
    looks,
    marks: createRetentionMarks(store.models),
    metrics: createMetrics(),
    logger: pino({ level: 'silent' }),
    stopping: new AbortController().signal,
    times: { everyMs: 60_000, leavingMs: HOUR, recordsLaterMs: 300_000, recheckMs: DAY },
  }
  retention = createRetention(deps)
})
beforeEach(async () => {
  tenantId = `bank-${randomBytes(5).toString('hex')}`
  const settings = { parkedForMs: 30 * DAY, expiryNoticeMs: 3 * DAY, retentionMs: RETENTION.defaultMs }
  await tenants.insert({ id: tenantId, name: 'A bank', createdAt: new Date(), ...settings })
})
afterAll(() => store.close())

/** A round, whoever had the last one. */
async function look(by: Retention = retention): Promise<void> {
  await store.models.turns.deleteMany()
  await by.look()
}

/** The time after which everything that waits is looked at again. */
const aDayLater = () => store.models.hot.events.updateMany({ tenantId, lookAgainAt: { $exists: true } }, { $set: { lookAgainAt: daysAgo(0) } })

const write = (ids: string[], aged: Partial<AgedEvents> = {}) => writeAged(store, ids, { tenantId, daysOld: 91, ...aged })

async function change(patch: TenantPatch): Promise<void> {
  const tenant = await tenants.get(tenantId)
  if (!tenant || !(await tenants.update(tenant, patch))) throw new Error('the tenant was to be changed')
}

const setHold = (entityId: string) =>
  legalHolds.set({ tenantId, entityId, reason: 'case 12/2026', createdAt: new Date(), setBy: 'admin' })

/** As of a page that is decided now. */
const leaving = () => ({ event: new Date(Date.now() + HOUR), records: new Date(Date.now() + HOUR + 300_000), markBefore: new Date(Date.now() + HOUR / 2) })

/** When each record of an event leaves, in ms from now; nothing for one that is not marked. */
async function marksOf(eventId: string): Promise<{ event?: number; records: (number | undefined)[] }> {
  const { events, deliveries, attempts } = store.models.hot
  const event = await events.findOne({ tenantId, eventId })
  const ofEvent = await deliveries.find({ tenantId, eventId }).toArray()
  const ofDeliveries = await attempts.find({ deliveryId: { $in: ofEvent.map(({ _id }) => _id) } }).toArray()
  const inMs = (at?: Date): number | undefined => at && at.getTime() - Date.now()
  return { event: inMs(event?.removeAt), records: [...ofEvent, ...ofDeliveries].map(({ removeAt }) => inMs(removeAt)) }
}

const isMarked = async (eventId: string): Promise<boolean> => {
  const { event, records } = await marksOf(eventId)
  const all = [event, ...records].map((mark) => mark !== undefined)
  if (new Set(all).size > 1) throw new Error(`${eventId} is marked in part: ${JSON.stringify({ event, records })}`)
  return all.every(Boolean)
}

it('marks a finished event with every delivery and attempt, an hour ahead and the event before the others', async () => {
  const deliveries = [
    { status: 'delivered' as const, daysOld: 91, posts: 1 },
    { status: 'expired' as const, daysOld: 90, posts: 5 },
    { status: 'cancelled' as const, daysOld: 91, posts: 12 },
  ]
  await write(['done'], { deliveries })

  await look()

  const { event, records } = await marksOf('done')
  expect(event).toBeGreaterThan(0.9 * HOUR)
  expect(event).toBeLessThanOrEqual(HOUR)
  expect(records).toHaveLength(3 + 18)
  for (const mark of records) expect(mark).toBeGreaterThan(event ?? Infinity)
})

it('marks an event that went to no webhook', async () => {
  await write(['alone'], { deliveries: [] })
  await look()
  expect((await marksOf('alone')).event).toBeGreaterThan(0)
})

it.each(['pending', 'retrying', 'parked', 'held'] as const)('keeps everything of an event while one delivery is %s, and counts from its end', async (status) => {
  await write(['open'], { daysOld: 200, deliveries: [{ status: 'delivered', daysOld: 200 }, { status, daysOld: 199 }] })
  for (const _ of [1, 2]) {
    await look()
    expect(await isMarked('open')).toBe(false)
    await aDayLater()
  }
  const end = (at: Date) => store.models.hot.deliveries.updateMany({ tenantId, status: { $in: [status, 'delivered'] } }, { $set: { status: 'delivered', updatedAt: at } })

  await end(daysAgo(89.5))
  await look()
  expect(await isMarked('open')).toBe(false)
  const waiting = await store.models.hot.events.findOne({ tenantId, eventId: 'open' })
  expect((waiting?.lookAgainAt?.getTime() ?? 0) - Date.now()).toBeCloseTo(0.5 * DAY, -5)

  await end(daysAgo(90))
  await aDayLater()
  await look()
  expect(await isMarked('open')).toBe(true)
})

it('keeps an event that was not dispatched, however old, also when a process ended that had delivered it', async () => {
  await write(['waits'], { daysOld: 400, deliveries: [], dispatched: false })
  await write(['half'], { daysOld: 400, dispatched: false })
  await look()
  expect([await isMarked('waits'), await isMarked('half')]).toEqual([false, false])
})

it('keeps an event that waits for its time, and marks one that was cancelled before it', async () => {
  const ahead = { daysOld: 200, deliveries: [], dispatched: false }
  const deliverAt = daysAgo(-100)
  await write(['scheduled'], { ...ahead, fields: { deliverAt, starter: 'schedule', leaseUntil: deliverAt } })
  await write(['cancelled'], { ...ahead, fields: { deliverAt, starter: 'schedule', cancelledAt: daysAgo(90) } })
  await write(['cancelled-lately'], { ...ahead, fields: { deliverAt, starter: 'schedule', cancelledAt: daysAgo(89) } })
  await look()
  expect([await isMarked('scheduled'), await isMarked('cancelled'), await isMarked('cancelled-lately')]).toEqual([false, true, false])
})

it('answers the first answer again for an event that is about to leave', async () => {
  await write(['again'])
  await look()
  const { data, hash, entityId, type } = (await store.models.hot.events.findOne({ tenantId, eventId: 'again' })) ?? {}
  const event = { id: 'again', tenantId, typeId: 1, type: String(type), entityId: String(entityId), data: String(data), hash: String(hash), createdAt: new Date() }

  const [answer] = await testEvents(store.models).insert([event], { starter: 'x', until: new Date() })

  expect(answer).toMatchObject({ added: false, dispatched: true, event: { hash } })
  expect(await isMarked('again')).toBe(true)
})

it('keeps an event whose time has not come', async () => {
  await write(['young'], { daysOld: 89 })
  await look()
  expect(await isMarked('young')).toBe(false)
})

it('goes over more than a page, also of events of the same moment, and over what comes later', async () => {
  const ids = Array.from({ length: 1_201 }, (_, i) => `many-${String(i).padStart(4, '0')}`)
  await write(ids)
  await look()
  expect(await store.models.hot.events.countDocuments({ tenantId, removeAt: { $exists: true } })).toBe(1_201)
  expect(await store.models.hot.deliveries.countDocuments({ tenantId, removeAt: { $exists: true } })).toBe(1_201)
  await write(['later'], { daysOld: 90.5 })
  await look()
  expect(await isMarked('later')).toBe(true)
})

it('takes up where a process ended that had marked a part, and gives all of it one time', async () => {
  await write(['half', 'whole'])
  const first = new Date(Date.now() + 1_000_000)
  const half = await store.models.hot.deliveries.findOne({ tenantId, eventId: 'half' })
  await store.models.hot.attempts.updateMany({ deliveryId: half?._id }, { $set: { removeAt: first } })
  await store.models.hot.deliveries.updateMany({ _id: half?._id }, { $set: { removeAt: first } })

  await look()

  const { event, records } = await marksOf('half')
  expect(event).toBeGreaterThan(1_000_000)
  for (const mark of records) expect(mark).toBeGreaterThan(event ?? Infinity)
  expect(await isMarked('whole')).toBe(true)
})

it('marks nothing that was decided too long ago: a hold may have come and gone unseen', async () => {
  await write(['frozen'])
  const late = { ...leaving(), markBefore: new Date(Date.now() - 1) }
  await expect(deps.marks.mark(tenantId, ['frozen'], late)).rejects.toThrow('in time')
  expect(await isMarked('frozen')).toBe(false)
  await look()
  expect(await isMarked('frozen')).toBe(true)
})

it('lets an event go whose deliveries have left already', async () => {
  await write(['rest'])
  await store.models.hot.deliveries.deleteMany({ tenantId })
  await look()
  expect((await marksOf('rest')).event).toBeGreaterThan(0)
})

it('misses nothing after a round that failed in the middle', async () => {
  await write(Array.from({ length: 600 }, (_, i) => `e-${i}`))
  let calls = 0
  const mark: RetentionDeps['marks']['mark'] = async (...args) => {
    if ((calls += 1) === 2) throw new Error('MongoDB goes away')
    return deps.marks.mark(...args)
  }
  await expect(look(createRetention({ ...deps, marks: { ...deps.marks, mark } }))).rejects.toThrow('goes away')
  expect(await store.models.hot.events.countDocuments({ tenantId, removeAt: { $exists: true } })).toBe(500)
  await look()
  expect(await store.models.hot.events.countDocuments({ tenantId, removeAt: { $exists: true } })).toBe(600)
})

describe('a legal hold on an entity', () => {
  it('keeps its events and no others, until it is lifted', async () => {
    await setHold('acc-held')
    await write(['held'], { entityId: 'acc-held' })
    await write(['free'])
    await look()
    expect([await isMarked('held'), await isMarked('free')]).toEqual([false, true])
    await aDayLater()
    await look()
    expect(await isMarked('held')).toBe(false)

    await legalHolds.lift(tenantId, 'acc-held')
    await aDayLater()
    await look()
    expect(await isMarked('held')).toBe(true)
  })

  it('takes back, at once, what is marked already', async () => {
    await write(['marked'], { entityId: 'acc-held' })
    await write(['other'])
    await look()
    expect(await isMarked('marked')).toBe(true)

    await setHold('acc-held')
    await retention.keep(tenantId, ['acc-held'])

    expect([await isMarked('marked'), await isMarked('other')]).toEqual([false, true])
    await aDayLater()
    await look()
    expect(await isMarked('marked')).toBe(false)
  })

  it('takes back what somebody marked who had not seen it', async () => {
    await setHold('acc-held')
    await write(['late'], { entityId: 'acc-held' })
    await deps.marks.mark(tenantId, ['late'], leaving())
    await look()
    expect(await isMarked('late')).toBe(false)
  })

  it('takes back the marks of a process that ended before it had marked all of an event', async () => {
    await write(['torn'], { entityId: 'acc-held' })
    await store.models.hot.attempts.updateMany({ tenantId }, { $set: { removeAt: new Date(Date.now() + HOUR) } })
    await setHold('acc-held')
    await look()
    expect(await isMarked('torn')).toBe(false)
  })

  it('leaves what is left of an event that has left already', async () => {
    await write(['gone', 'stands'], { entityId: 'acc-held' })
    await look()
    await store.models.hot.events.deleteOne({ tenantId, eventId: 'gone' })
    await setHold('acc-held')

    await retention.keep(tenantId, ['acc-held'])

    const { records } = await marksOf('gone')
    expect(records).toEqual([expect.any(Number), expect.any(Number)])
    expect(await isMarked('stands')).toBe(false)
  })

  it('holds in its tenant alone', async () => {
    await legalHolds.set({ tenantId: 'another', entityId: 'acc-1', reason: 'x', createdAt: new Date(), setBy: 'admin' })
    await write(['mine'])
    await look()
    expect(await isMarked('mine')).toBe(true)
  })
})

describe('a legal hold on a tenant', () => {
  it('keeps everything of it and nothing of others, until it is lifted', async () => {
    await change({ legalHoldSince: new Date() })
    await write(['held'])
    const other = `${tenantId}-2`
    await tenants.insert({ id: other, name: 'B', createdAt: new Date(), parkedForMs: DAY, expiryNoticeMs: DAY, retentionMs: 90 * DAY })
    await writeAged(store, ['theirs'], { tenantId: other, daysOld: 91 })
    await look()
    expect(await isMarked('held')).toBe(false)
    expect(await store.models.hot.events.countDocuments({ tenantId: other, removeAt: { $exists: true } })).toBe(1)

    await change({ legalHoldSince: null })
    await look()
    expect(await isMarked('held')).toBe(true)
  })

  it('takes back what is marked already, at once or with the next round', async () => {
    await write(['marked'])
    await look()
    await change({ legalHoldSince: new Date() })
    await retention.keep(tenantId)
    expect(await isMarked('marked')).toBe(false)

    await deps.marks.mark(tenantId, ['marked'], leaving())
    await look()
    expect(await isMarked('marked')).toBe(false)
  })
})

it('keeps, under a hold on a tenant, what a process had marked in part that ended before the hold', async () => {
  await write(['torn'])
  await store.models.hot.attempts.updateMany({ tenantId }, { $set: { removeAt: new Date(Date.now() + HOUR) } })
  await change({ legalHoldSince: new Date() })
  await look()
  expect(await isMarked('torn')).toBe(false)
})

it('counts a changed retention for what is not marked: a longer one and a shorter one', async () => {
  await change({ retentionMs: 365 * DAY })
  await write(['old'])
  await write(['slow'], { daysOld: 400, deliveries: [{ status: 'delivered', daysOld: 20 }] })
  await look()
  expect([await isMarked('old'), await isMarked('slow')]).toEqual([false, false])
  await change({ retentionMs: 7 * DAY })
  await aDayLater()
  await look()
  expect([await isMarked('old'), await isMarked('slow')]).toEqual([true, true])
})

it('keeps an event that is dispatched again, with all that it had, for the deliveries that it gets then', async () => {
  await write(['again'])
  await look()
  await write(['unrelated'], { daysOld: 1 })

  await testEvents(store.models).markDispatched([{ tenantId, eventIds: ['again', 'unrelated'], workflowId: 'adopt/x' }])

  const event = await store.models.hot.events.findOne({ tenantId, eventId: 'again' })
  expect(event?.removeAt).toBeUndefined()
  expect(event?.lookAgainAt).toBeInstanceOf(Date)

  const had = await store.models.hot.deliveries.findOne({ tenantId, eventId: 'again' })
  if (!had) throw new Error('the delivery is gone')
  const { removeAt: _, ...fresh } = { ...had, _id: `${had._id}-2`, webhookId: 'whk_new', status: 'parked' as const, posts: 0 }
  await store.models.hot.deliveries.insertOne(fresh)
  await look()
  expect(await isMarked('again')).toBe(false)
})

it('is done by one process at a time', async () => {
  await store.models.turns.deleteMany()
  const taken = await Promise.all(Array.from({ length: 8 }, () => looks.takeTurn(HOUR)))
  expect(taken.filter(Boolean)).toHaveLength(1)
  await store.models.turns.updateOne({ _id: 'retention' }, { until: daysAgo(0) })
  expect(await looks.takeTurn(HOUR)).toBe(true)
})
