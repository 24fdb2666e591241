import { randomBytes } from 'node:crypto'
import { mongo } from 'mongoose'
import { createSealer } from '../../src/delivery/seal'
import type { StoreConnection } from '../../src/store/connect'
import { createAttemptStore } from '../../src/store/attempts'
import { createEventQueries } from '../../src/store/event-queries'
import type { NewEvent } from '../../src/store/events'
import { createOutcomeStore } from '../../src/store/outcomes'
import { createReplayStore } from '../../src/store/replays'
import { createReseal, type Reseal } from '../../src/store/reseal'
import { createSealing } from '../../src/store/sealing'
import { wrongKey } from '../../src/store/sentinel'
import { fingerprintOf, keep } from '../../src/store/vaults'
import { connectTestStore } from '../support/mongo'
import { testEvents, testVaults } from '../support/vaults'

let store: StoreConnection
beforeEach(async () => (store = await connectTestStore()))
afterEach(() => store.close())

const LEASE = { starter: 'of a test', until: new Date(Date.now() + 60_000) }
const DATA = '{"id":"acc-1","balance":"1.10"}'
const event = (id: string, tenantId = 'bank'): NewEvent => ({
  id, tenantId, typeId: 1, type: 'CREATE ACCOUNT', createdAt: new Date(), data: DATA, entityId: 'acc-1', hash: 'hash-of-it',
})
const exchange = {
  startedAt: new Date(), durationMs: 5, request: { url: 'https://bank.example/', headers: {} },
  response: { status: 500, headers: { 'x-of-answer': 'canary-header' }, body: 'canary-body', truncated: false },
  outcome: { kind: 'failed' as const, reason: 'status' as const, status: 500, detail: 'Answered 500' },
}
const stored = async (id: string, tenantId = 'bank') => (await store.models.hot.events.findOne({ _id: `${tenantId}/${id}` })) ?? undefined
const load = async (id: string, tenantId = 'bank') => (await testEvents(store.models).load(tenantId, [id])).map(({ data }) => data)

it('keeps data and answers sealed, and reads them back as they came', async () => {
  await testEvents(store.models).insert([event('evt-1'), event('evt-2')], LEASE)
  await createOutcomeStore(store.models, testVaults(store.models)).record([{ tenantId: 'bank', deliveryId: 'dlv_1', number: 1, exchange }])

  const { data, hash } = (await stored('evt-1')) ?? {}
  expect(data).toBeInstanceOf(mongo.Binary)
  expect(hash).toMatch(/^f1\.1\./)
  const attempt = await store.models.hot.attempts.findOne({})
  expect(attempt?.response).toEqual({ status: 500, truncated: false, sealed: expect.any(mongo.Binary) })

  expect(await load('evt-1')).toEqual([DATA])
  expect(await createEventQueries(store.models, testVaults(store.models)).get('bank', 'evt-1')).toMatchObject({ data: DATA })
  expect(await createAttemptStore(store.models, testVaults(store.models)).list('bank', 'dlv_1')).toMatchObject([{ response: exchange.response }])
})

it('tells the same again from another body by a fingerprint that says nothing to others', async () => {
  const events = testEvents(store.models)
  await events.insert([event('evt-1')], LEASE)
  await events.insert([event('evt-1', 'other')], LEASE)
  const again = async (hash: string) => (await testEvents(store.models).insert([{ ...event('evt-1'), hash }], LEASE))[0]

  expect(await again('hash-of-it')).toMatchObject({ added: false, same: true })
  expect(await again('another')).toMatchObject({ added: false, same: false })
  expect((await stored('evt-1'))?.hash).not.toEqual((await stored('evt-1', 'other'))?.hash)
})

it.each([
  ['another event', 'bank', 'evt-2'],
  ['another tenant', 'other', 'evt-1'],
])('does not open what was copied to %s', async (_, tenantId, id) => {
  await testEvents(store.models).insert([event('evt-1'), event('evt-2'), event('evt-1', 'other')], LEASE)
  const { data } = (await stored('evt-1')) ?? {}
  await store.models.hot.events.updateOne({ _id: `${tenantId}/${id}` }, { $set: { data: data as mongo.Binary } })

  expect(await load(id, tenantId)).toEqual([])
  expect(await load('evt-1')).toEqual([DATA])
  await expect(createEventQueries(store.models, testVaults(store.models)).get(tenantId, id)).rejects.toThrow('belongs to another record')
})

it('passes over what does not open where many events are read', async () => {
  await testEvents(store.models).insert([event('evt-1'), event('evt-2'), event('evt-3')], LEASE)
  const { data } = (await stored('evt-1')) ?? {}
  await store.models.hot.events.updateOne({ _id: 'bank/evt-2' }, { $set: { data: data as mongo.Binary } })
  const read = async (events: AsyncIterable<{ id: string }>): Promise<string[]> => {
    const ids: string[] = []
    for await (const { id } of events) ids.push(id)
    return ids.toSorted()
  }

  const vaults = testVaults(store.models)
  expect(await read(createEventQueries(store.models, vaults).walk('bank', {}, 10))).toEqual(['evt-1', 'evt-3'])
  const range = { typeIds: [1], from: new Date(0), to: new Date(Date.now() + 1_000) }
  expect(await read(createReplayStore(store.models, vaults).walk('bank', range, undefined, true))).toEqual(['evt-1', 'evt-3'])
})

it('reads what is from before there were data keys, and seals it with the rotation', async () => {
  const before = testVaults(store.models, undefined, false)
  const outcomes = createOutcomeStore(store.models, before)
  await store.models.hot.events.insertMany(Array.from({ length: 250 }, (_, n) => ({ ...event('x'), _id: `bank/old-${n}`, eventId: `old-${n}`, starter: 'x' })))
  await outcomes.record([{ tenantId: 'bank', deliveryId: 'dlv_1', number: 1, exchange }])
  expect(await load('old-1')).toEqual([DATA])

  expect(await sealAll(createReseal(store.models, createSealer(Buffer.alloc(32, 7)), testVaults(store.models)))).toBe(251)

  expect(await store.models.hot.events.countDocuments({ data: { $type: 'string' } })).toBe(0)
  expect(await store.models.hot.attempts.countDocuments({ 'response.body': { $exists: true } })).toBe(0)
  expect(await load('old-249')).toEqual([DATA])
  expect(await createAttemptStore(store.models, testVaults(store.models)).list('bank', 'dlv_1')).toMatchObject([{ response: exchange.response }])
  expect((await testEvents(store.models).insert([event('old-3')], LEASE))[0]).toMatchObject({ same: true })
  expect(await sealAll(createReseal(store.models, createSealer(Buffer.alloc(32, 7)), testVaults(store.models)))).toBe(0)
})

async function sealAll(reseal: Reseal): Promise<number> {
  let [sealed, after] = [0, undefined as string | undefined]
  do {
    const page = await reseal.page(after, 100)
    sealed += page.dataSealed ?? 0
    after = page.next
  } while (after !== undefined)
  return sealed
}

it('needs the key ring, which is changed without touching what is sealed', async () => {
  const [before, now] = [randomBytes(32), randomBytes(32)]
  await testEvents(store.models, before).insert([event('evt-1')], LEASE)
  const kept = (await stored('evt-1'))?.data
  const ring = createSealer(now, [before])
  await wrongKey(store.models, createSealer(before))
  await sealAll(createReseal(store.models, ring, testVaults(store.models, now)))

  expect((await stored('evt-1'))?.data).toEqual(kept)
  expect((await testEvents(store.models, now).load('bank', ['evt-1'])).map(({ data }) => data)).toEqual([DATA])
  expect(await wrongKey(store.models, createSealer(now))).toBeUndefined()
  // A process that was forgotten has made another tenant's key.
  await testEvents(store.models, before).insert([event('evt-1', 'late')], LEASE)
  expect(await wrongKey(store.models, createSealer(now))).toMatch(`sealed with key ${createSealer(before).keyId}`)
  expect(await wrongKey(store.models, ring)).toBeUndefined()
})

it('gives a tenant one key, whichever processes ask first, and another after a week', async () => {
  const [one, two] = [testVaults(store.models), testVaults(store.models)]
  const keys = await Promise.all([one, two, one, two].map((vaults) => vaults.sealing('bank')))
  expect(new Set(keys.map((key) => key?.fingerprint('x'))).size).toBe(1)

  await store.models.hot.dataKeys.updateOne({}, { $set: { createdAt: new Date(Date.now() - 8 * 86_400_000) } })
  const later = await testVaults(store.models).sealing('bank')
  expect(later?.number).toBe(2)
  const kept = keep(keys[0], 'old', 'a/b')
  expect(await testVaults(store.models).open('bank', kept, 'a/b')).toBe('old')
  expect(await testVaults(store.models).isSame('bank', fingerprintOf(keys[0], 'text'), 'text')).toBe(true)
})

it('seals with no key that a failover could take back', async () => {
  const { db } = store.models.events
  await db.db?.command({ profile: 2 })
  await testVaults(store.models).sealing('bank')
  await db.db?.command({ profile: 0 })
  const looks = await db.collection('system.profile').find({ ns: /\.dataKeys$/, 'command.find': { $exists: true } }).toArray()
  expect(looks.length).toBeGreaterThan(0)
  for (const { command } of looks) expect(command).toMatchObject({ readConcern: { level: 'majority' } })
})

it('begins once no process is left that could not open it', async () => {
  const { members } = store.models.hot
  await members.insertOne({ _id: 'older', seenAt: new Date() })
  const sealing = createSealing(store.models)
  await sealing.look()
  expect(sealing.isOn()).toBe(false)

  await members.updateOne({ _id: 'older' }, { $set: { opensData: true } })
  await sealing.look()
  expect(sealing.isOn()).toBe(true)
  // From then on it is so, whoever comes.
  await members.insertOne({ _id: 'older too', seenAt: new Date() })
  const next = createSealing(store.models)
  await next.look()
  expect(next.isOn()).toBe(true)
})

describe('a tenant whose data key cannot be opened', () => {
  beforeEach(async () => {
    await testEvents(store.models).insert([event('evt-0'), event('evt-0', 'other')], LEASE)
    await store.models.hot.dataKeys.updateOne({ tenantId: 'bank' }, { $set: { sealed: 'damaged' } })
  })

  it('keeps no other one from publishing', async () => {
    const events = testEvents(store.models)
    const results = await events.insert([event('evt-1'), event('evt-1', 'other'), event('evt-0'), event('evt-0', 'other')], LEASE)
    expect(results).toEqual([expect.any(Error), expect.objectContaining({ added: true }), expect.any(Error), expect.objectContaining({ added: false, same: true })])
    expect(await load('evt-1', 'other')).toEqual([DATA])
    expect(await stored('evt-1')).toBeUndefined()
    expect(await events.insert([event('evt-2')], LEASE)).toEqual([expect.any(Error)])
  })

  it('has its outcomes recorded, without their answers, as everybody else has', async () => {
    const outcomes = ['bank', 'other'].map((tenantId) => ({ tenantId, deliveryId: `dlv_${tenantId}`, number: 1, exchange }))
    const { record } = createOutcomeStore(store.models, testVaults(store.models))
    await record(outcomes)
    await record(outcomes)
    const list = createAttemptStore(store.models, testVaults(store.models)).list
    expect(await list('other', 'dlv_other')).toMatchObject([{ response: exchange.response }])
    const [attempt] = await list('bank', 'dlv_bank')
    expect(attempt).toMatchObject({ number: 1, outcome: exchange.outcome })
    expect(attempt).not.toHaveProperty('response')
  })
})
