import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client'
import type { DeliveryJson } from '../support/bank'
import type { Answer, Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const LONG = { maximumAttempts: 5, initialInterval: '1h', backoffCoefficient: 1 }

interface InBackOff {
  receiver: Receiver
  webhookId: string
  eventId: string
  delivery: DeliveryJson
}

/** A delivery that has failed once and waits for an hour; whatever comes next is answered with `then`. */
async function inBackOff(then: Answer = 200, overrides: object = {}): Promise<InBackOff> {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: LONG, ...overrides })
  const eventId = await scene.publish()
  const delivery = await waiting(eventId, webhookId, 1)
  receiver.answer = then
  return { receiver, webhookId, eventId, delivery }
}

const waiting = (eventId: string, webhookId: string, attempts: number): Promise<DeliveryJson> =>
  until(async () => {
    const found = await scene.delivery(eventId, webhookId)
    return found?.nextAttemptAt && found.attemptCount === attempts && found.lastOutcome?.attempt === attempts ? found : undefined
  })

const steer = (id: string, verb: 'retry' | 'cancel') => scene.api('POST', `/v1/deliveries/${id}/${verb}`)
const patch = (webhookId: string, body: object) => scene.api('PATCH', `/v1/webhooks/${webhookId}`, body)

describe('retry now', () => {
  it('skips the rest of the wait, keeps the count, and makes one attempt of many clicks', async () => {
    const { receiver, eventId, webhookId, delivery } = await inBackOff({ status: 200, delayMs: 300 })
    const clicks = await Promise.all(Array.from({ length: 20 }, () => steer(delivery.id, 'retry')))
    const taken = clicks.filter(({ status }) => status === 202)
    expect(taken.map(({ body }) => body)).toEqual([{ id: delivery.id, status: 'retrying', round: 0 }])
    expect(clicks.filter(({ status }) => status === 409)).toHaveLength(19)
    expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ round: 0, attemptCount: 2 })
    expect(receiver.requests).toHaveLength(2)
  })

  it('parks when the attempts of the round are used up, and another round is to be had after that', async () => {
    const { receiver, eventId, webhookId, delivery } = await inBackOff(500, { retry: { ...LONG, maximumAttempts: 3 } })
    expect((await steer(delivery.id, 'retry')).status).toBe(202)
    await waiting(eventId, webhookId, 2)
    expect((await steer(delivery.id, 'retry')).status).toBe(202)
    expect(await scene.inStatus('parked', eventId, webhookId)).toMatchObject({ attemptCount: 3, round: 0, parkedReason: 'attempts exhausted' })
    receiver.answer = 200
    expect(await steer(delivery.id, 'retry')).toMatchObject({ status: 202, body: { round: 1 } })
    expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ attemptCount: 4, round: 1 })
  })

  it('says 409 while an attempt is being made, and when the delivery is final', async () => {
    const receiver = await scene.receiver({ status: 200, delayMs: 1_500 })
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: LONG })
    const eventId = await scene.publish()
    await receiver.waitFor(1)
    const found = await until(() => scene.delivery(eventId, webhookId))
    const during = await steer(found.id, 'retry')
    expect(during.status).toBe(409)
    expect(String(during.body.detail)).toContain('An attempt is being made just now')
    await scene.inStatus('delivered', eventId, webhookId)
    expect(await steer(found.id, 'retry')).toMatchObject({ status: 409, body: { currentStatus: 'delivered' } })
    expect(receiver.requests).toHaveLength(1)
  })

  it('does not go before the time that the receiver has asked for', async () => {
    const { receiver, delivery, eventId, webhookId } = await inBackOff((_, n) => (n === 2 ? { status: 429, headers: { 'retry-after': '3' } } : 200))
    await scene.publish()
    const [, asking] = await receiver.waitFor(2)
    await until(async () => (await scene.api('GET', `/v1/webhooks/${webhookId}`)).body['retryAfterUntil'])
    expect((await steer(delivery.id, 'retry')).status).toBe(202)
    expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ attemptCount: 2 })
    const own = receiver.requests.filter(({ headers }) => headers['webhook-id'] === eventId)
    expect((own[1]?.receivedAt.getTime() ?? 0) - (asking?.receivedAt.getTime() ?? 0)).toBeGreaterThanOrEqual(3_000)
  })
})

describe('cancel', () => {
  it('ends for good what waits for its next attempt, in a workflow or in a queue, or is held', async () => {
    const { receiver, webhookId, delivery } = await inBackOff()
    const queued = await inBackOff(500, { rateLimit: { requests: 100, per: 'second' } })
    const paused = await scene.subscribe(`${receiver.url}/paused`, { eventTypes: [5] })
    await scene.api('POST', `/v1/webhooks/${paused}/pause`)
    const held = await scene.inStatus('held', await scene.publish(), paused)

    for (const { id } of [delivery, queued.delivery, held]) {
      expect(await steer(id, 'cancel')).toMatchObject({ status: 202, body: { id, status: 'cancelled' } })
      expect(await steer(id, 'cancel')).toMatchObject({ status: 409, body: { currentStatus: 'cancelled' } })
      expect(await steer(id, 'retry')).toMatchObject({ status: 409, body: { currentStatus: 'cancelled' } })
    }
    // Had they their turn now, they would go.
    await patch(webhookId, { retry: { initialInterval: '100ms' } })
    await patch(queued.webhookId, { retry: { initialInterval: '100ms' } })
    await scene.api('POST', `/v1/webhooks/${paused}/resume`)
    await scene.inStatus('delivered', await scene.publish(), webhookId)
    expect(receiver.requests.filter(({ headers }) => headers['webhook-id'] === delivery.eventId)).toHaveLength(1)
    expect(receiver.requests.filter(({ path }) => path.endsWith('/paused')).map(({ headers }) => headers['webhook-id'])).not.toContain(held.eventId)
    expect(queued.receiver.requests.filter(({ headers }) => headers['webhook-id'] === queued.eventId)).toHaveLength(1)
  })

  it.each([
    ['succeeds', 200, 'delivered'],
    ['fails', 500, 'failed'],
  ])('says that an attempt is under way, and keeps its answer on record when it %s', async (_, status, kind) => {
    const { receiver, eventId, webhookId, delivery } = await inBackOff({ status, delayMs: 1_000 })
    await steer(delivery.id, 'retry')
    await receiver.waitFor(2)
    expect(await steer(delivery.id, 'cancel')).toMatchObject({ status: 202, body: { status: 'cancelled', attemptUnderWay: true } })
    expect((await scene.delivery(eventId, webhookId))?.attempts[1]?.outcome).toBe('in flight')
    const after = await until(async () => {
      const found = await scene.delivery(eventId, webhookId)
      return found?.lastOutcome?.attempt === 2 ? found : undefined
    })
    expect(after).toMatchObject({ status: 'cancelled', attemptCount: 2, lastOutcome: { kind, status } })
    expect(after.attempts.map(({ outcome }) => outcome)).toEqual(['failed', kind])
    expect(after).not.toHaveProperty('nextAttemptAt')
  })
})

describe('an edit of the webhook in the middle of a wait', () => {
  it('sends the next attempt to the new URL, with the new credentials', async () => {
    const { receiver, eventId, webhookId, delivery } = await inBackOff(200, { auth: { type: 'basic', username: 'a', password: 'old' } })
    const other = await scene.receiver()
    await patch(webhookId, { url: other.url, auth: { type: 'basic', username: 'b', password: 'new' } })
    await steer(delivery.id, 'retry')
    await scene.inStatus('delivered', eventId, webhookId)
    expect(other.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('b:new').toString('base64')}`)
    expect(receiver.requests).toHaveLength(1)
  })

  it('goes by the new policy within seconds, with the count kept, however many wait', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: LONG })
    const events = Array.from({ length: 450 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
    await scene.api('POST', '/v1/events/batch', { events })
    await receiver.waitFor(450, 30_000)
    receiver.answer = 200
    const changedAt = Date.now()
    await patch(webhookId, { retry: { initialInterval: '2s' } })
    await receiver.waitFor(900, 20_000)
    expect(Date.now() - changedAt).toBeLessThan(20_000)
    const again = receiver.requests.slice(450).map(({ headers }) => headers['herald-attempt'])
    expect(new Set(again)).toEqual(new Set(['2']))
    expect(new Set(receiver.requests.slice(450).map(({ headers }) => headers['webhook-id'])).size).toBe(450)
  })

  it('parks at once, without a POST, what has had as many attempts as it now allows', async () => {
    const { receiver, eventId, webhookId } = await inBackOff()
    await patch(webhookId, { retry: { maximumAttempts: 1 } })
    expect(await scene.inStatus('parked', eventId, webhookId)).toMatchObject({ attemptCount: 1, parkedReason: 'attempts exhausted' })
    expect(receiver.requests).toHaveLength(1)
  })

  it('waits longer where the new policy says so', async () => {
    const { webhookId, eventId, delivery } = await inBackOff()
    await patch(webhookId, { retry: { initialInterval: '1h', maximumInterval: '5h', backoffCoefficient: 2 } })
    await patch(webhookId, { retry: { initialInterval: '50m' } })
    const { nextAttemptAt } = await until(async () => {
      const found = await scene.delivery(eventId, webhookId)
      return found?.nextAttemptAt === delivery.nextAttemptAt ? undefined : found
    })
    const wait = Date.parse(nextAttemptAt ?? '') - Date.parse(delivery.attempts[0]?.startedAt ?? '')
    expect(wait).toBeGreaterThanOrEqual(50 * 60_000)
    expect(wait).toBeLessThan(51 * 60_000)
  })

  it('is finished by another process when the one that took it is gone', async () => {
    const { eventId, webhookId } = await inBackOff()
    const { webhooks } = scene.herald.herald.context.store.models.hot
    // As it stands when the process ended right after the edit.
    await webhooks.updateOne({ _id: webhookId }, { $set: { 'retry.initialIntervalMs': 1_000, retimeUntil: new Date(Date.now() + 2_000) } })
    await scene.inStatus('delivered', eventId, webhookId)
    await until(async () => (await webhooks.findOne({ _id: webhookId }))?.retimeUntil === undefined)
  })

  it('counts soon after for an attempt that was under way at the time', async () => {
    const receiver = await scene.receiver((_, n) => (n === 1 ? { status: 500, delayMs: 1_500 } : 200))
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: LONG })
    const eventId = await scene.publish()
    await receiver.waitFor(1)
    await patch(webhookId, { retry: { initialInterval: '100ms' } })
    expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ attemptCount: 2 })
  })
})

describe('an update of the workflow', () => {
  const handleOf = (workflowId: string) => scene.herald.herald.context.temporal.client.workflow.getHandle(workflowId)
  const update = (workflowId: string, name: string, args: unknown) => handleOf(workflowId).executeUpdate(name, { args: [args] })

  it('attempts a delivery now, or cancels it, and says what it did', async () => {
    const first = await inBackOff()
    const second = await inBackOff()
    const { workflowId } = first.delivery

    expect(await update(workflowId, 'retryNow', { deliveryId: first.delivery.id })).toEqual({ deliveryId: first.delivery.id, done: true, status: 'retrying' })
    expect((await scene.api('GET', `/v1/deliveries/${first.delivery.id}`)).body['steered']).toMatchObject([{ action: 'retry', afterAttempt: 1, by: { kind: 'temporal' } }])
    await scene.inStatus('delivered', first.eventId, first.webhookId)

    const { delivery } = second
    expect(await update(delivery.workflowId, 'cancelDelivery', { deliveryId: delivery.id })).toEqual({ deliveryId: delivery.id, done: true, status: 'cancelled' })
    await scene.inStatus('cancelled', second.eventId, second.webhookId)
    // Neither waits out the hour.
    for (const id of [workflowId, delivery.workflowId]) await handleOf(id).result()
  })

  it('gives a parked one another round, or up, and the workflow completes', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 } })
    const ids = [await scene.publish(), await scene.publish()]
    const parked = [await scene.inStatus('parked', ids[0] ?? '', webhookId), await scene.inStatus('parked', ids[1] ?? '', webhookId)]
    receiver.answer = 200
    expect(await update(parked[0]?.workflowId ?? '', 'retryNow', { deliveryId: parked[0]?.id })).toMatchObject({ done: true, status: 'retrying' })
    expect(await update(parked[1]?.workflowId ?? '', 'cancelDelivery', { deliveryId: parked[1]?.id })).toMatchObject({ done: true, status: 'cancelled' })
    expect(await scene.inStatus('delivered', ids[0] ?? '', webhookId)).toMatchObject({ round: 1, attemptCount: 2 })
    for (const { workflowId } of parked) await handleOf(workflowId).result()
  })

  it('is taken also before the first step of a workflow that has taken deliveries over', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 } })
    const ids = [await scene.publish(), await scene.publish()]
    const { client } = scene.herald.herald.context.temporal
    for (const [id, action] of [[ids[0], 'retryNow'], [ids[1], 'cancelDelivery']] as const) {
      const parked = await scene.inStatus('parked', id ?? '', webhookId)
      receiver.answer = 200
      const startWorkflowOperation = new WithStartWorkflowOperation('adoptDeliveries', {
        workflowId: `adopt/of-a-test/${parked.id}`,
        taskQueue: scene.herald.config.temporal.taskQueue,
        workflowIdConflictPolicy: 'FAIL',
        args: [{ tenantId: scene.tenantId, deliveryIds: [parked.id], from: parked.workflowId }],
      })
      const result = await client.workflow.executeUpdateWithStart(action, { args: [{ deliveryId: parked.id }], startWorkflowOperation })
      expect(result).toMatchObject({ done: true, status: action === 'retryNow' ? 'retrying' : 'cancelled' })
      await scene.inStatus(action === 'retryNow' ? 'delivered' : 'cancelled', id ?? '', webhookId)
      await (await startWorkflowOperation.workflowHandle()).result()
    }
  })

  it.each([[undefined], [null], ['garbage'], [{}], [{ deliveryId: 7 }], [{ deliveryId: 'dlv_of_another_workflow' }]])('is refused with %j, and the workflow stays well', async (args) => {
    const { delivery, eventId, webhookId } = await inBackOff()
    const refused = await update(delivery.workflowId, 'retryNow', args).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError)
    expect(String((refused as WorkflowUpdateFailedError).cause?.message)).toMatch(/give \{"deliveryId"|is no delivery that this workflow has/)
    await update(delivery.workflowId, 'retryNow', { deliveryId: delivery.id })
    await scene.inStatus('delivered', eventId, webhookId)
  })
})
