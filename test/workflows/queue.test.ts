import { newToken } from '../../src/domain/ids'
import type { Answer, Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const records = () => scene.herald.herald.context.store.models.hot.deliveries
const drain = (webhookId: string) =>
  scene.herald.herald.context.temporal.client.workflow.start('drainWebhook', {
    workflowId: `drain/${scene.tenantId}/${webhookId}`,
    taskQueue: scene.herald.config.temporal.taskQueue,
    args: [{ tenantId: scene.tenantId, webhookId }],
    // The reconciler may have been there first.
    workflowIdConflictPolicy: 'USE_EXISTING',
  })

/** A delivery in its webhook's queue, as a run that was cut off leaves it. */
async function cutOff(retry: object, left: object, then: Answer = 200): Promise<{ eventId: string; webhookId: string }> {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '1h', ...retry } })
  const eventId = await scene.publish()
  const { id } = await until(async () => {
    const found = await scene.delivery(eventId)
    return found?.nextAttemptAt ? found : undefined
  })
  receiver.answer = then
  await records().updateOne({ _id: id }, { $set: { queue: 'waiting', ...left }, ...('posts' in left && { $push: { intents: new Date() } }) })
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

/** For each event, the times between its POSTs. */
function waits(receiver: Receiver): number[] {
  const byEvent = new Map<string, number[]>()
  for (const { headers, receivedAt } of receiver.requests) {
    const id = String(headers['webhook-id'])
    byEvent.set(id, [...(byEvent.get(id) ?? []), receivedAt.getTime()])
  }
  return [...byEvent.values()].flatMap((times) => times.slice(1).map((at, i) => at - (times[i] ?? 0)))
}

const storm = async (count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
}

const allIn = (webhookId: string, status: string, count: number) =>
  until(
    async () => {
      const found = await scene.deliveries(`webhookId=${webhookId}&status=${status}`)
      return found.length === count ? found : undefined
    },
    { timeoutMs: 30_000 },
  )

it('sends a storm of failures through the queue, with all its attempts and waits, until all are parked', async () => {
  const receiver = await scene.receiver(500)
  const retry = { maximumAttempts: 4, initialInterval: '1s', backoffCoefficient: 1 }
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry })
  await storm(190)
  const parked = await allIn(webhookId, 'parked', 190)
  expect(parked.every(({ attemptCount }) => attemptCount === 4)).toBe(true)
  expect(receiver.requests).toHaveLength(190 * 4)
  expect(Math.min(...waits(receiver))).toBeGreaterThanOrEqual(990)
  await until(async () => (await allIn(webhookId, 'parked', 190)).some(({ workflowId }) => workflowId.startsWith('adopt/')))
}, 60_000)

it('waits in a storm for as long as the receiver asks', async () => {
  const receiver = await scene.receiver({ status: 429, headers: { 'retry-after': '1' } })
  const retry = { maximumAttempts: 2, initialInterval: '100ms' }
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry })
  await storm(50)
  await allIn(webhookId, 'parked', 50)
  expect(receiver.requests).toHaveLength(100)
  expect(Math.min(...waits(receiver))).toBeGreaterThanOrEqual(900)
}, 60_000)

it('uses no attempt without a POST when its webhook is paused in a storm', async () => {
  const receiver = await scene.receiver(500)
  const retry = { maximumAttempts: 20, initialInterval: '200ms', backoffCoefficient: 1 }
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry })
  await storm(190)
  await receiver.waitFor(900, 20_000)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  const held = await allIn(webhookId, 'held', 190)
  expect(held.reduce((sum, { attemptCount }) => sum + attemptCount, 0)).toBe(receiver.requests.length)
}, 60_000)

it('parks what waits at a webhook that is disabled, without a POST', async () => {
  const receiver = await scene.receiver((_, n) => (n < 300 ? 500 : 410))
  const retry = { maximumAttempts: 20, initialInterval: '200ms', backoffCoefficient: 1 }
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry })
  await storm(190)
  const parked = await allIn(webhookId, 'parked', 190)
  expect(new Set(parked.map(({ parkedReason }) => parkedReason))).toEqual(new Set(['webhook disabled']))
  expect(receiver.requests.length).toBeLessThan(340)
  expect(parked.reduce((sum, { attemptCount }) => sum + attemptCount, 0)).toBe(receiver.requests.length)
}, 60_000)

it('comes back for what has failed as soon as its time has come', async () => {
  const { eventId, webhookId } = await cutOff({ maximumAttempts: 4, initialInterval: '500ms', backoffCoefficient: 1 }, { nextAttemptAt: new Date(0) }, {
    status: 500,
    delayMs: 200,
  })
  await drain(webhookId)
  const begun = Date.now()
  await scene.inStatus('parked', eventId)
  expect(Date.now() - begun).toBeLessThan(8_000)
}, 30_000)

const attempted = (eventId: string, count: number) =>
  until(async () => {
    const found = await scene.delivery(eventId)
    return found && found.attemptCount >= count ? found : undefined
  })

/** How often Temporal was asked to have the queue worked off, or to wake the workflow that has it done. */
async function askedOf(webhookId: string): Promise<{ activities: number; signals: number }> {
  const events = await historyOf(`drain/${scene.tenantId}/${webhookId}`)
  return {
    activities: events.filter(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes).length,
    signals: events.filter(({ workflowExecutionSignaledEventAttributes }) => workflowExecutionSignaledEventAttributes).length,
  }
}

async function historyOf(workflowId: string) {
  const { events } = await scene.herald.herald.context.temporal.client.workflow.getHandle(workflowId).fetchHistory()
  return events ?? []
}

it('costs Temporal one activity for all attempts that are due soon, and sees what is steered meanwhile', async () => {
  const { eventId, webhookId } = await cutOff({ maximumAttempts: 8, initialInterval: '700ms', backoffCoefficient: 1 }, { nextAttemptAt: new Date(0) }, 500)
  await drain(webhookId)
  await attempted(eventId, 2)
  const { signals } = await askedOf(webhookId)
  await attempted(eventId, 5)
  // The reconciler has looked meanwhile.
  expect(await askedOf(webhookId)).toEqual({ activities: 1, signals })
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { retry: { maximumAttempts: 8, initialInterval: '15s', backoffCoefficient: 1 } })
  const { id } = await attempted(eventId, 6)
  const asked = Date.now()
  expect((await scene.api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202)
  await attempted(eventId, 7)
  expect(Date.now() - asked).toBeLessThan(2_000)
  expect((await askedOf(webhookId)).activities).toBe(1)
}, 30_000)

it('has what fails first in a storm go on in the queue, and not by way of an activity', async () => {
  const receiver = await scene.receiver(500)
  const webhookIds = await Promise.all(Array.from({ length: 30 }, () => scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 2, initialInterval: '1s' } })))
  const eventId = await scene.publish()
  const parked = await until(async () => {
    const found = await scene.deliveries(`eventId=${eventId}&status=parked`)
    return found.length === webhookIds.length ? found : undefined
  })
  expect(parked.every(({ attemptCount }) => attemptCount === 2)).toBe(true)
  const times = receiver.requests.map(({ receivedAt }) => receivedAt.getTime())
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(990)
  const history = await historyOf(`event/${scene.tenantId}/${eventId}`)
  expect(history.filter(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes).length).toBeLessThan(20)
}, 30_000)
