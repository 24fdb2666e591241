import { deliveryId } from '../../src/domain/ids'
import { createDeliveryStore } from '../../src/store/deliveries'
import { newDelivery } from '../support/new-delivery'
import { useScene } from '../support/scene'

const scene = useScene({ config: { reconcile: { everyMs: 500, patienceMs: 300_000 } } })

it('takes over intents whose workflow was never started, when the events are started together later', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const { tenantId } = scene
  const { models } = scene.herald.herald.context.store
  const createdAt = new Date()
  const lease = { starter: 'a process that is gone', leaseUntil: new Date(Date.now() - 1) }
  const ids = ['one', 'two', 'three']
  // Written ahead for a workflow of its own each, by a process that ended before Temporal heard of it.
  const intents = ids.map((eventId) =>
    newDelivery({ id: deliveryId(tenantId, eventId, createdAt, webhookId), tenantId, eventId, webhookId, workflowId: `event/${tenantId}/${eventId}` }),
  )
  await createDeliveryStore(models).insert(intents)
  const event = { tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL', entityId: 'txn-1', createdAt, data: '{"id":"txn-1"}', hash: 'x' }
  await models.hot.events.insertMany(ids.map((eventId) => ({ _id: `${tenantId}/${eventId}`, eventId, ...event, ...lease })))

  for (const eventId of ids) {
    const { attempts } = await scene.inStatus('delivered', eventId)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])
  }
})
