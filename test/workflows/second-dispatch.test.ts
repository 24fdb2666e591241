import { deliveryId } from '../../src/domain/ids'
import { createDeliveryStore } from '../../src/store/deliveries'
import { newDelivery } from '../support/new-delivery'
import { useScene } from '../support/scene'

// The reconciler would find them too, minutes later.
const scene = useScene({ config: { reconcile: { everyMs: 500, patienceMs: 300_000 } } })

/**
 * An event whose first dispatch ended, with its worker, right after it had written the intent for the
 * webhook; then `meanwhile` happens, and the sweeper starts the event's workflow.
 */
async function dispatchAgain(eventId: string, webhookId: string, meanwhile: () => Promise<unknown>): Promise<void> {
  const { tenantId } = scene
  const { models } = scene.herald.herald.context.store
  // Temporal notices the end of a worker after ten seconds.
  const now = new Date(Date.now() - 10_000)
  const event = { tenantId, typeId: 5, type: 'TRANSACTION SUCCESSFUL', entityId: 'txn-1', createdAt: now }
  const id = deliveryId(tenantId, eventId, now, webhookId)
  const intent = newDelivery({ id, tenantId, eventId, webhookId, workflowId: `event/${tenantId}/${eventId}` })
  await createDeliveryStore(models).insert([intent])
  await meanwhile()
  const lease = { starter: 'a process that is gone', leaseUntil: new Date(Date.now() - 1) }
  await models.hot.events.insertOne({ _id: `${tenantId}/${eventId}`, eventId, ...event, ...lease, data: '{"id":"txn-1"}', hash: 'x' })
}

const patch = (webhookId: string, body: object) => () => scene.api('PATCH', `/v1/webhooks/${webhookId}`, body)

it('goes on with a delivery whose webhook asks for other types by now, beside those of the new subscribers', async () => {
  const [old, added] = [await scene.receiver(), await scene.receiver()]
  const oldHook = await scene.subscribe(old.url)

  await dispatchAgain('edited', oldHook, async () => {
    await patch(oldHook, { eventTypes: [1] })()
    await scene.subscribe(added.url)
  })

  const delivered = await scene.inStatus('delivered', 'edited', oldHook)
  expect(delivered.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])
  await added.waitFor(1)
  expect(old.requests).toHaveLength(1)
})

it('parks a delivery whose webhook is disabled by now, and delivers it when it is resumed and retried', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const { models } = scene.herald.herald.context.store

  await dispatchAgain('disabled', webhookId, () => models.webhooks.updateOne({ _id: webhookId }, { status: 'disabled' }))

  const parked = await scene.inStatus('parked', 'disabled')
  expect(parked).toMatchObject({ parkedReason: 'webhook disabled' })
  expect(receiver.requests).toHaveLength(0)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await scene.api('POST', `/v1/deliveries/${parked.id}/retry`)
  await scene.inStatus('delivered', 'disabled')
})

it('cancels a delivery whose webhook is deleted by now', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const { models } = scene.herald.herald.context.store

  // As a DELETE leaves it that is interrupted before its cancels.
  await dispatchAgain('deleted', webhookId, () => models.webhooks.updateOne({ _id: webhookId }, { deletedAt: new Date(), status: 'disabled', sealed: '' }))

  await scene.inStatus('cancelled', 'deleted', webhookId)
  expect(receiver.requests).toHaveLength(0)
})
