import { newToken } from '../../src/domain/ids'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const records = () => scene.herald.herald.context.store.models.hot.deliveries
const drain = (webhookId: string) =>
  scene.herald.herald.context.temporal.client.workflow.start('drainWebhook', {
    workflowId: `drain/${scene.tenantId}/${webhookId}`,
    taskQueue: scene.herald.config.temporal.taskQueue,
    args: [{ tenantId: scene.tenantId, webhookId }],
  })

/** A delivery in its webhook's queue, as a run that was cut off leaves it. */
async function cutOff(retry: object, left: object): Promise<{ eventId: string; webhookId: string }> {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '1h', ...retry } })
  const eventId = await scene.publish()
  const { id } = await until(async () => {
    const found = await scene.delivery(eventId)
    return found?.nextAttemptAt ? found : undefined
  })
  receiver.answer = 200
  await records().updateOne({ _id: id }, { $set: { queue: 'waiting', ...left }, $push: { intents: new Date() } })
  return { eventId, webhookId }
}

it('counts a POST whose run was cut off, waits as after any other, and goes on', async () => {
  const { eventId, webhookId } = await cutOff({ initialInterval: '1s' }, { posts: 2, token: newToken(), nextAttemptAt: new Date(0) })
  await drain(webhookId)
  const { attempts } = await scene.inStatus('delivered', eventId)
  expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([[1, 'failed'], [2, 'unknown'], [3, 'delivered']])
}, 30_000)

it('parks what a cut off run had used up, in a workflow that a retry reaches', async () => {
  const { eventId, webhookId } = await cutOff({ maximumAttempts: 2 }, { posts: 2, token: newToken(), nextAttemptAt: new Date(0) })
  await drain(webhookId)
  const { id } = await scene.inStatus('parked', eventId)
  const { workflowId } = await until(async () => {
    const found = await scene.delivery(eventId)
    return found?.workflowId.startsWith('adopt/') ? found : undefined
  })
  expect((await scene.api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202)
  await scene.inStatus('delivered', eventId)
  const { client } = scene.herald.herald.context.temporal
  await until(async () => (await client.workflow.getHandle(workflowId).describe()).status.name === 'COMPLETED')
}, 30_000)

it('parks what has an answer on record and no attempt left', async () => {
  const { eventId, webhookId } = await cutOff({ maximumAttempts: 2 }, { posts: 2 })
  await records().updateOne({ webhookId }, { $unset: { token: '', nextAttemptAt: '' } })
  await drain(webhookId)
  expect(await scene.inStatus('parked', eventId)).toMatchObject({ parkedReason: 'attempts exhausted' })
}, 30_000)

it('sends a storm of failures through the queue, attempt by attempt until all are parked', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5] })
  const events = Array.from({ length: 190 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  const parked = await until(
    async () => {
      const found = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
      return found.length === 190 ? found : undefined
    },
    { timeoutMs: 30_000 },
  )
  expect(parked.every(({ attemptCount }) => attemptCount === 5)).toBe(true)
  expect(receiver.requests).toHaveLength(190 * 5)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=parked`)).some(({ workflowId }) => workflowId.startsWith('adopt/')))
}, 60_000)
