import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryStore, type DeliveryStore } from '../../src/store/deliveries'
import { connectTestStore } from '../support/mongo'
import { newDelivery } from '../support/new-delivery'

const tenantId = 'bank'
const later = new Date(Date.now() + 60_000)
let store: StoreConnection
let deliveries: DeliveryStore

beforeAll(async () => {
  store = await connectTestStore()
  deliveries = createDeliveryStore(store.models)
})
afterAll(() => store.close())

/** A delivery of which a person asked another round, which its workflow does not know of yet. */
async function untold(id: string): Promise<void> {
  await deliveries.insert([newDelivery({ id, tenantId })])
  await deliveries.park(tenantId, [id], 'attempts exhausted', later)
  await deliveries.openRound(tenantId, [id], 0, 'retry')
}

const markOf = async (id: string) => (await deliveries.load(tenantId, [id]))[0]?.untold

it('forgets that a retry is to be told once it was told', async () => {
  await untold('dlv_1')
  await deliveries.told(tenantId, ['dlv_1'], { action: 'retry', round: 1 })
  expect(await markOf('dlv_1')).toBeUndefined()
})

it('keeps the mark of a newer retry when an older one has arrived late', async () => {
  await untold('dlv_2')
  await deliveries.park(tenantId, ['dlv_2'], 'attempts exhausted', later)
  await deliveries.openRound(tenantId, ['dlv_2'], 1, 'retry')

  await deliveries.told(tenantId, ['dlv_2'], { action: 'retry', round: 1 })

  expect(await markOf('dlv_2')).toBe('retry')
})

it('keeps the mark of a cancel when a retry has arrived', async () => {
  await untold('dlv_3')
  await deliveries.cancel(tenantId, { ids: ['dlv_3'] }, 'cancel')

  await deliveries.told(tenantId, ['dlv_3'], { action: 'retry', round: 1 })

  expect(await markOf('dlv_3')).toBe('cancel')
  await deliveries.told(tenantId, ['dlv_3'], { action: 'cancel' })
  expect(await markOf('dlv_3')).toBeUndefined()
})

it('leaves alone what a person has put into the queue, and which is in flight there, when its workflow is late', async () => {
  const workflowId = 'event/bank/1'
  await deliveries.insert([newDelivery({ id: 'dlv_4', tenantId, workflowId, queue: 'waiting', nextAttemptAt: new Date(), token: 'of-the-queue' })])

  await deliveries.enqueue(tenantId, ['dlv_4'], workflowId, new Date())
  await deliveries.hold(tenantId, ['dlv_4'], 'unqueued')

  expect((await deliveries.load(tenantId, ['dlv_4']))[0]).toMatchObject({ status: 'pending', queue: 'waiting', token: 'of-the-queue' })
})
