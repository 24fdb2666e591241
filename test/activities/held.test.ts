import { oldestHeld, oldestThatOpens } from '../../activities/held'
import type { Delivery } from '../../src/domain/delivery'
import type { OpenWebhook } from '../../src/domain/webhook'
import { createLogger } from '../../src/logger'
import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createLineStore } from '../../src/store/lines'
import { createQueueStore } from '../../src/store/queue'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'
import { testEvents } from '../support/vaults'

const tenantId = 'bank'

let store: StoreConnection
beforeAll(async () => {
  store = await connectTestStore()
})
afterAll(() => store.close())

const idOf = (webhookId: string, i: number): string => `dlv_${webhookId}_${String(i).padStart(5, '0')}`

async function insert(webhookId: string, all: Partial<Delivery>[]): Promise<void> {
  const deliveries = all.map((given, i) => {
    const { token: _token, ...delivery } = newDelivery({ id: idOf(webhookId, i), tenantId, webhookId, status: 'held', posts: 0, ...given })
    return delivery
  })
  await createDeliveryStore(store.models).insert(deliveries)
}

const webhookOf = (id: string, more: Partial<OpenWebhook> = {}) => ({ id, tenantId, eventTypes: [5], onExhausted: 'block', ...more }) as OpenWebhook

function deps() {
  const { models } = store
  const stores = { queue: createQueueStore(models), lines: createLineStore(models), events: testEvents(models), deliveries: createDeliveryStore(models) }
  return { ...stores, logger: createLogger('silent') }
}

const find = async (webhookId: string, more: Partial<OpenWebhook> = {}, from: { held?: string } = {}): Promise<string | undefined> => (await oldestHeld(deps(), webhookOf(webhookId, more), from))?.id

it('tries a suspended webhook with the oldest that has not expired, and expires what has', async () => {
  await insert('whk_1', [{ expireAt: new Date(Date.now() - 1) }, { expireAt: new Date(Date.now() + 60_000) }, {}])
  expect(await find('whk_1')).toBe(idOf('whk_1', 1))
  expect(await store.models.hot.deliveries.findOne({ _id: idOf('whk_1', 0) })).toMatchObject({ status: 'expired', expiredReason: 'event expired' })
})

it('finds the one key of an ordered webhook that waits for nothing parked, however many held ones are before it', async () => {
  const blocked = (i: number): Partial<Delivery>[] => [
    { orderingKey: `key-${i}`, turn: 2 * i + 1, status: 'parked' },
    { orderingKey: `key-${i}`, turn: 2 * i + 2 },
  ]
  await insert('whk_2', [...Array.from({ length: 300 }, (_, i) => blocked(i)).flat(), { orderingKey: 'free', turn: 5_000 }, { orderingKey: 'free', turn: 5_001 }])
  expect(await find('whk_2', { ordering: 'key' })).toBe(idOf('whk_2', 600))
  await store.models.hot.deliveries.updateOne({ _id: idOf('whk_2', 600) }, { $set: { expireAt: new Date(0) } })
  expect(await find('whk_2', { ordering: 'key' })).toBe(idOf('whk_2', 601))
})

it('tries with nothing of a key that stands behind what is parked, unless that is skipped', async () => {
  await insert('whk_3', [{ orderingKey: 'key', turn: 1, status: 'parked' }, { orderingKey: 'key', turn: 3 }, { orderingKey: 'key', turn: 2 }])
  expect(await find('whk_3', { ordering: 'key' })).toBeUndefined()
  expect(await find('whk_3', { ordering: 'key', onExhausted: 'skip' })).toBe(idOf('whk_3', 2))
})

it.each(['key', undefined] as const)('tries with the next one where the data of the oldest cannot be opened (ordering: %s)', async (ordering) => {
  const webhookId = `whk_opens_${ordering}`
  const readable = `evt-of-${webhookId}`
  await insert(webhookId, [...Array.from({ length: 25 }, (_, i) => ({ eventId: `evt-lost-${i}` })), { eventId: readable }].map((given, i) => ({ ...given, ...(ordering && { orderingKey: `key-${i}`, turn: i + 1 }) })))
  const event = { id: readable, tenantId, typeId: 5, type: 'A TYPE', createdAt: new Date(), data: '{}', entityId: 'x', hash: 'x' }
  await deps().events.insert([event], { starter: 'of a test', until: new Date() })
  const from = {}
  const look = () => oldestThatOpens(deps(), webhookOf(webhookId, ordering && { ordering }), from)

  // It reads no more than so many in a look, and goes on behind them in the next one.
  expect(await look()).toBeUndefined()
  expect(await look()).toMatchObject({ delivery: { id: idOf(webhookId, 25) }, event: { id: readable } })
})
