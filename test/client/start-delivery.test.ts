import { WorkflowFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { DELIVER_EVENT, InvalidEventError, startDelivery } from '../../src'
import { transaction } from '../support/bank'
import { useScene } from '../support/scene'
import { until } from '../support/until'
import { newEventId, useService } from './service'

const scene = useScene()
const service = useService(scene)

const options = (event: ReturnType<typeof transaction> & { id?: string }) => ({
  tenantId: scene.tenantId,
  taskQueue: scene.herald.config.temporal.taskQueue,
  event,
})
const result = (workflowId: string) => service.client.workflow.getHandle(workflowId).result()

async function failureOf(workflowId: string): Promise<ApplicationFailure> {
  const error = await result(workflowId).then(() => undefined, (failure: unknown) => failure)
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined
  if (!(cause instanceof ApplicationFailure)) throw new Error(`${workflowId} did not fail as it should: ${String(error)}`)
  return cause
}

async function foundBy(query: string, workflowId: string): Promise<true> {
  return until(async () => {
    for await (const run of service.client.workflow.list({ query })) if (run.workflowId === workflowId) return true
    return undefined
  })
}

it('delivers an event that a service started with Temporal’s client', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: newEventId(), ...transaction() }

  const started = await startDelivery(service.client, options(event))

  const workflowId = `event/${scene.tenantId}/${event.id}`
  expect(started).toEqual({ eventId: event.id, workflowId, repeated: false })
  expect(await result(workflowId)).toEqual({ deliveries: 1, delivered: 1, held: 0 })
  const [request] = await receiver.waitFor(1)
  expect(JSON.parse(request?.rawBody ?? '')).toMatchObject({ id: event.id, type: event.type, typeId: 5, data: event.data })
  expect(await (await service.client.workflow.getHandle(workflowId).describe()).staticSummary()).toBe(
    `TRANSACTION SUCCESSFUL ${event.id} for ${scene.tenantId}`,
  )
  await foundBy(`HeraldEventIds = "${event.id}" AND HeraldEventTypes = "TRANSACTION SUCCESSFUL"`, workflowId)
})

it('makes an id when the service gives none', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)

  const { eventId } = await startDelivery(service.client, options(transaction()))

  expect(eventId).toMatch(/^evt_[0-9a-z]{26}$/)
  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 1 })
})

it('delivers once when a service starts the same event many times at once', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: newEventId(), ...transaction() }

  const started = await Promise.all(Array.from({ length: 10 }, () => startDelivery(service.client, options(event))))

  expect(started.filter(({ repeated }) => !repeated)).toHaveLength(1)
  expect(new Set(started.map(({ workflowId }) => workflowId)).size).toBe(1)
  await scene.inStatus('delivered', event.id)
  expect(await startDelivery(service.client, options(event))).toMatchObject({ repeated: true })
  expect(receiver.requests).toHaveLength(1)
})

it('delivers once what was published over REST and then started by a service', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: newEventId(), ...transaction() }
  await scene.publish(event)
  await scene.inStatus('delivered', event.id)

  expect(await startDelivery(service.client, options(event))).toMatchObject({ repeated: true })

  // A start under a name of its own gets past Temporal's check, and not past the journal.
  const { workflowId, args } = { workflowId: `own/${event.id}`, args: [{ tenantId: scene.tenantId, event }] }
  const { taskQueue } = options(event)
  expect(await service.client.workflow.execute(DELIVER_EVENT, { workflowId, taskQueue, args })).toMatchObject({ repeated: true })
  expect(receiver.requests).toHaveLength(1)
})

it('delivers once what a service started and then was published over REST', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: newEventId(), ...transaction() }
  const { workflowId } = await startDelivery(service.client, options(event))
  await result(workflowId)

  const { status } = await scene.api('POST', '/v1/events', event)

  expect(status).toBe(200)
  expect(await scene.deliveries(`eventId=${event.id}`)).toHaveLength(1)
  expect(receiver.requests).toHaveLength(1)
})

it('refuses before it starts anything what it can know to be wrong', async () => {
  const wrong = { id: 'no spaces', type: 1, data: { id: 'acc-1', accountType: 'Gold' } }
  await expect(startDelivery(service.client, { event: wrong, tenantId: 'NOT OK' })).rejects.toMatchObject({
    errors: [{ path: 'tenantId' }, { path: 'event.id' }],
  })
  const type = startDelivery(service.client, { event: { type: 'CREATE ACCOUNT', data: wrong.data } })
  await expect(type).rejects.toThrow(InvalidEventError)
  await expect(type).rejects.toThrow('event.data.accountType must be one of Savings, Current')
  const large = { type: 5, data: { id: 'txn-1', note: 'x'.repeat(256 * 1024) } }
  await expect(startDelivery(service.client, { event: large })).rejects.toThrow('256 KiB')
})

it('fails the workflow for good, in words, for what only Herald can know to be wrong', async () => {
  const event = { id: newEventId(), type: 'CARD BLOCKED', data: { id: 'card-1' } }
  const { taskQueue } = options(transaction())

  const unknownType = await startDelivery(service.client, { tenantId: scene.tenantId, taskQueue, event })
  const unknownTenant = await startDelivery(service.client, { tenantId: 'nobody', taskQueue, event })

  expect(await failureOf(unknownType.workflowId)).toMatchObject({
    type: 'InvalidEvent',
    nonRetryable: true,
    message: expect.stringContaining('event.type: is not a known event type; known: CREATE ACCOUNT (1)'),
  })
  expect(await failureOf(unknownTenant.workflowId)).toMatchObject({ type: 'InvalidEvent', nonRetryable: true })
})

it('delivers an event under the id of one that was refused', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const id = newEventId()
  const refused = await startDelivery(service.client, { ...options(transaction()), event: { id, type: 'NO SUCH TYPE', data: { id: '1' } } })
  await failureOf(refused.workflowId)

  const mended = await startDelivery(service.client, options({ id, ...transaction() }))

  expect(mended).toEqual({ ...refused, repeated: false })
  await receiver.waitFor(1)
})

it('fails an event that was published before with another body', async () => {
  const event = { id: newEventId(), ...transaction() }
  await scene.publish(event)
  const other = { ...event, data: { ...event.data, amount: '2.20' } }
  const { taskQueue } = options(event)

  const handle = await service.client.workflow.start(DELIVER_EVENT, {
    workflowId: `other/${event.id}`,
    taskQueue,
    args: [{ tenantId: scene.tenantId, event: other }],
  })

  expect(await failureOf(handle.workflowId)).toMatchObject({ type: 'EventConflict', nonRetryable: true })
})

it('delivers an event started without search attributes, and gives it those that it is found by', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: newEventId(), ...transaction() }
  const { taskQueue } = options(event)

  const workflowId = `payments/${event.id}`
  const args = [{ tenantId: scene.tenantId, event }]
  await service.client.workflow.execute(DELIVER_EVENT, { workflowId, taskQueue, args })

  expect(await scene.inStatus('delivered', event.id)).toMatchObject({ workflowId })
  await foundBy(`HeraldEventIds = "${event.id}" AND HeraldTenant = "${scene.tenantId}"`, workflowId)
})

it('parks what a service started, for a person to retry', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url)
  const { eventId } = await startDelivery(service.client, options(transaction()))
  const { id } = await scene.inStatus('parked', eventId)
  receiver.answer = 200

  await scene.api('POST', `/v1/deliveries/${id}/retry`)

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 6, round: 1 })
})
