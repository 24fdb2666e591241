import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createEventStore } from '../../src/store/events'
import { createLineStore } from '../../src/store/lines'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'

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

interface Explained {
  stages?: { $cursor?: { executionStats: Stats } }[]
  executionStats?: Stats
}
interface Stats {
  totalDocsExamined: number
  totalKeysExamined: number
}

it('finds the first of every line with a step a line, however long they are', async () => {
  const found = await lines().stranded(webhookId, ['delivered'])
  expect(found.map(({ id }) => id).toSorted()).toEqual(Array.from({ length: KEYS }, (_, i) => `dlv_${i}`).toSorted())
  const explained = (await records()
    .aggregate(
      [
        { $match: { webhookId, turn: { $gt: 0 } } },
        { $sort: { webhookId: 1, orderingKey: 1, turn: 1 } },
        { $group: { _id: '$orderingKey', head: { $first: '$$ROOT' } } },
      ],
      { hint: 'lines' },
    )
    .explain('executionStats')) as Explained
  const stats = explained.stages?.[0]?.$cursor?.executionStats ?? explained.executionStats
  expect(stats?.totalDocsExamined).toBeLessThanOrEqual(2 * KEYS)
  expect(stats?.totalKeysExamined).toBeLessThanOrEqual(4 * KEYS)
})

it('leaves out of the look those that wait for their turn, and those that block', async () => {
  await records().updateOne({ _id: 'dlv_0' }, { $set: { queue: 'waiting' } })
  await records().updateOne({ _id: 'dlv_1' }, { $set: { status: 'parked' }, $unset: { queue: '' } })
  expect(await lines().stranded(webhookId, ['delivered'])).toHaveLength(KEYS - 2)
  expect(await lines().stranded(webhookId, ['delivered', 'parked'])).toHaveLength(KEYS - 1)
})

it('asks the journal along an index of what is not dispatched', async () => {
  const events = createEventStore(connection.models)
  const event = { tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL', createdAt: new Date(), data: '{}', entityId: 'key-1', hash: 'h' }
  await events.insert([{ ...event, id: 'evt-1' }, { ...event, id: 'evt-2', orderingKey: 'key-2' }], { starter: 'a test', until: new Date(Date.now() + 60_000) })
  expect((await events.undispatched(tenantId, ['key-1', 'key-2'], false)).map(({ id }) => id).toSorted()).toEqual(['evt-1', 'evt-2'])
  await events.markDispatched([{ tenantId, eventIds: ['evt-1'], workflowId: 'w' }])
  expect((await events.undispatched(tenantId, ['key-1', 'key-2'], false)).map(({ id }) => id)).toEqual(['evt-2'])
})
