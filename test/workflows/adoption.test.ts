import { deliveryId } from '../../src/domain/ids'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createWorkflowStarts } from '../../src/temporal/start'
import type { DeliveryJson } from '../support/bank'
import { newDelivery } from '../support/new-delivery'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()
const patient = useScene({ config: { reconcile: { everyMs: 500, patienceMs: 300_000 } } })

const terminate = async ({ workflowId }: Pick<DeliveryJson, 'workflowId'>): Promise<void> => {
  await scene.herald.herald.context.temporal.client.workflow.getHandle(workflowId).terminate('by an operator')
}

const adopted = (eventId: string, from: string) =>
  until(async () => {
    const delivery = await scene.delivery(eventId)
    return delivery && delivery.workflowId !== from ? delivery : undefined
  }, { timeoutMs: 40_000 })

it('adopts a parked delivery whose workflow was terminated, and a retry then delivers it', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const eventId = await scene.publish()
  const parked = await scene.inStatus('parked', eventId)

  await terminate(parked)
  const again = await adopted(eventId, parked.workflowId)

  expect(again).toMatchObject({ status: 'parked', attemptCount: 2 })
  receiver.answer = 200
  expect((await scene.api('POST', `/v1/deliveries/${again.id}/retry`)).status).toBe(202)
  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 3, round: 1 })
})

it('adopts at once when a retry finds that the workflow is gone', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const parked = await scene.inStatus('parked', eventId)
  await terminate(parked)
  receiver.answer = 200

  expect((await scene.api('POST', `/v1/deliveries/${parked.id}/retry`)).status).toBe(202)

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 2 })
})

it('adopts a delivery between attempts with its count, and makes no more POSTs than the policy allows', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 4, initialInterval: '1s', backoffCoefficient: 1 } })
  const eventId = await scene.publish()
  await receiver.waitFor(2)
  const retrying = await scene.inStatus('retrying', eventId)

  await terminate(retrying)

  expect(await scene.inStatus('parked', eventId, undefined, 40_000)).toMatchObject({ attemptCount: 4 })
  expect(receiver.requests).toHaveLength(4)
})

it('adopts a delivery whose first POST was under way', async () => {
  const receiver = await scene.receiver((_, n) => (n === 1 ? { hang: true } : 200))
  await scene.subscribe(receiver.url, { timeout: '2s' })
  const eventId = await scene.publish()
  await receiver.waitFor(1)
  const pending = await until(() => scene.delivery(eventId))

  await terminate(pending)

  const delivered = await scene.inStatus('delivered', eventId, undefined, 40_000)
  expect(delivered.attempts.map(({ number }) => number)).toEqual([1, 2])
})

it('takes deliveries over again, under the same id, after a restore of MongoDB alone', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const eventId = await scene.publish()
  const parked = await scene.inStatus('parked', eventId)
  const { store, temporal } = scene.herald.herald.context
  const { deliveries } = store.models.hot
  const backup = await deliveries.findOne({ _id: parked.id })
  await terminate(parked)
  const first = await adopted(eventId, parked.workflowId)
  await scene.api('POST', `/v1/deliveries/${parked.id}/cancel`)
  await temporal.client.workflow.getHandle(first.workflowId).result()
  receiver.answer = 200

  await deliveries.replaceOne({ _id: parked.id }, backup as never)
  const again = await adopted(eventId, parked.workflowId)
  await scene.api('POST', `/v1/deliveries/${again.id}/retry`)

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ workflowId: first.workflowId, attemptCount: 3 })
})

it('dispatches events again, under the same id, after a restore of MongoDB alone', async () => {
  const { store, temporal } = scene.herald.herald.context
  const { models } = store
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish()
  await scene.inStatus('delivered', eventId)
  const starts = createWorkflowStarts({ client: temporal.client, taskQueue: scene.herald.config.temporal.taskQueue, eager: true })
  const redeliver = async (): Promise<string> => {
    // As it was between its journaling and its dispatch.
    await models.deliveries.deleteMany({ eventId })
    await models.hot.events.updateOne({ eventId }, { $unset: { dispatchedAt: '' } })
    const workflowId = await starts.redeliver(scene.tenantId, [{ id: eventId, type: 'TRANSACTION SUCCESSFUL', typeId: 5 }], 'lost')
    await temporal.client.workflow.getHandle(workflowId).result()
    return workflowId
  }

  const workflowIds = [await redeliver(), await redeliver()]

  expect(new Set(workflowIds).size).toBe(1)
  expect(receiver.requests).toHaveLength(3)
})

it('reminds a workflow that runs of a delivery that it forgot', async () => {
  const { tenantId } = scene
  const [failing, forgotten] = [await scene.receiver(500), await scene.receiver()]
  await scene.subscribe(failing.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  // Parked, so that the workflow goes on running.
  const { workflowId, createdAt } = await scene.inStatus('parked', eventId)
  const webhookId = await scene.subscribe(forgotten.url)
  const id = deliveryId(tenantId, eventId, new Date(createdAt), webhookId)

  await createDeliveryStore(scene.herald.herald.context.store.models).insert([newDelivery({ id, tenantId, eventId, webhookId, workflowId })])

  const delivered = await scene.inStatus('delivered', eventId, webhookId, 40_000)
  expect(delivered).toMatchObject({ workflowId, attemptCount: 2 })
  expect(forgotten.requests).toHaveLength(1)
})

it('adopts what was parked long ago and has no workflow, and leaves to its queue what was parked a moment ago', async () => {
  const receiver = await patient.receiver(500)
  await patient.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const { deliveries } = patient.herald.herald.context.store.models.hot
  const parkedBefore = async (ms: number): Promise<string> => {
    const eventId = await patient.publish()
    const { id } = await patient.inStatus('parked', eventId)
    await deliveries.updateOne({ _id: id }, { $set: { workflowId: `event/${patient.tenantId}/none`, parkedAt: new Date(Date.now() - ms) } })
    return eventId
  }
  const young = await parkedBefore(0)
  const old = await parkedBefore(600_000)

  await until(async () => (await patient.delivery(old))?.workflowId.startsWith('adopt/'))

  expect(await patient.delivery(young)).toMatchObject({ workflowId: `event/${patient.tenantId}/none` })
})
