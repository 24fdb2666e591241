import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createLineStore } from '../../src/store/lines'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'
import { testEvents } from '../support/vaults'

const tenantId = 'default'
const webhookId = 'whk_ordered'
const KEYS = 20
const EACH = 50

let connection: StoreConnection
const lines = () => createLineStore(connection.models)
const records = () => connection.models.hot.deliveries

beforeAll(async () => {
  connection = await connectTestStore()
  await Promise.all([connection.models.deliveries.init(), connection.models.events.init()])
  const all = Array.from({ length: KEYS * EACH }, (_, i) => ({ ...newDelivery({ id: `dlv_${i}`, tenantId, webhookId, orderingKey: `key-${i % KEYS}`, turn: i + 1, queue: 'behind' }), token: undefined }))
  await createDeliveryStore(connection.models).insert(all.map(({ token: _token, ...delivery }) => delivery))
})
afterAll(() => connection.close())

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}

const allKeys = Array.from({ length: KEYS }, (_, i) => `key-${i}`).toSorted()

it('finds the first of every line with a step a line, however long they are, page by page', async () => {
  const first = await lines().stranded(webhookId, '', 15)
  expect(first).toEqual({ keys: allKeys.slice(0, 15), last: allKeys[14] })
  expect(await lines().stranded(webhookId, allKeys[14] ?? '', 15)).toEqual({ keys: allKeys.slice(15) })
})

it('reads a page of lines and no more, however many there are', async () => {
  const MANY = 3_000
  const parked = (i: number) => ({ ...newDelivery({ id: `dlv_many_${i}`, tenantId, webhookId: 'whk_many', status: 'parked', orderingKey: `key-${i}`, turn: i + 1 }), token: undefined })
  await createDeliveryStore(connection.models).insert(Array.from({ length: MANY }, (_, i) => parked(i)))
  const { db } = connection.models.events
  await db.db?.command({ profile: 2 })
  expect((await lines().stranded('whk_many', '', 100)).last).toBeDefined()
  expect(await lines().moved('whk_many', ['delivered', 'cancelled', 'expired'], 100)).toEqual([])
  await db.db?.command({ profile: 0 })
  const looks = await db.collection('system.profile').find<{ docsExamined?: number }>({ ns: /deliveries$/ }).toArray()
  expect(looks.length).toBeGreaterThanOrEqual(2)
  // MongoDB reads ahead, by the size of what it reads.
  expect(looks.reduce((sum, { docsExamined = 0 }) => sum + docsExamined, 0)).toBeLessThan(500)
})

it('leaves out of the look those that wait for their turn, and those that block', async () => {
  await records().updateOne({ _id: 'dlv_0' }, { $set: { queue: 'waiting' } })
  await records().updateOne({ _id: 'dlv_1' }, { $set: { status: 'parked' }, $unset: { queue: '' } })
  expect((await lines().stranded(webhookId, '', 100)).keys).toEqual(allKeys.filter((key) => !['key-0', 'key-1'].includes(key)))
})

it('finds the lines in which something is through, whatever else stands in lines', async () => {
  await records().updateOne({ _id: 'dlv_2' }, { $set: { status: 'cancelled' }, $unset: { queue: '' } })
  expect(await lines().moved(webhookId, ['delivered', 'cancelled', 'expired'], 100)).toEqual(['key-2'])
  expect((await lines().moved(webhookId, ['delivered', 'cancelled', 'expired', 'parked'], 100)).toSorted()).toEqual(['key-1', 'key-2'])
  await lines().leave(tenantId, ['dlv_2'])
  expect(await lines().moved(webhookId, ['delivered', 'cancelled', 'expired'], 100)).toEqual([])
})

it('asks the journal along an index of what is not dispatched', async () => {
  const events = testEvents(connection.models)
  const event = { tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL', createdAt: new Date(), data: '{}', entityId: 'key-1', hash: 'h' }
  await events.insert([{ ...event, id: 'evt-1' }, { ...event, id: 'evt-2', orderingKey: 'key-2' }], { starter: 'a test', until: new Date(Date.now() + 60_000) })
  const undispatched = async (typeIds: number[]): Promise<string[]> => (await pagesOf(events.undispatched(tenantId, ['key-1', 'key-2'], typeIds, false))).flat().map(({ id }) => id)
  expect((await undispatched([1, 5])).toSorted()).toEqual(['evt-1', 'evt-2'])
  expect(await undispatched([1])).toEqual([])
  await events.markDispatched([{ tenantId, eventIds: ['evt-1'], workflowId: 'w' }])
  expect(await undispatched([5])).toEqual(['evt-2'])
})

it('reads what the journal has not dispatched page by page', async () => {
  const events = testEvents(connection.models)
  const event = { tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL', createdAt: new Date(), data: '{}', entityId: 'key-many', hash: 'h' }
  const many = Array.from({ length: 1_201 }, (_, i) => ({ ...event, id: `evt-many-${i}` }))
  await events.insert(many, { starter: 'a test', until: new Date(Date.now() + 60_000) })
  const pages = await pagesOf(events.undispatched(tenantId, ['key-many'], [5], true))
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(500)
  expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(1_201)
})
