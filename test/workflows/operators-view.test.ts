import { temporal } from '@temporalio/proto'
import { HeraldWebhookIds } from '../../src/temporal/search-attributes'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()
const { EventType } = temporal.api.enums.v1

const client = () => scene.herald.herald.context.temporal.client
const text = (payload: { data?: Uint8Array | null } | null | undefined): string => Buffer.from(payload?.data ?? []).toString()

async function historyOf(workflowId: string) {
  const { events } = await client().workflow.getHandle(workflowId).fetchHistory()
  return events ?? []
}

it('counts the attempts 1 to 5 in the history, each failure in words', async () => {
  const receiver = await scene.receiver(503)
  const webhookId = await scene.subscribe(receiver.url)
  const eventId = await scene.publish()
  const { workflowId, id } = await scene.inStatus('parked', eventId)

  const events = await historyOf(workflowId)

  const [scheduled] = events.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
  const attributes = scheduled?.activityTaskScheduledEventAttributes
  expect(attributes?.activityType?.name).toBe('postEvents')
  expect(attributes?.taskQueue?.name).toMatch(/-retries$/)
  expect(attributes?.retryPolicy).toMatchObject({ maximumAttempts: 5, backoffCoefficient: 1 })
  expect(text(scheduled?.userMetadata?.summary)).toBe(`"POST 1 to 5 of ${id} to ${webhookId}"`)
  const [started] = events.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED)
  expect(started?.activityTaskStartedEventAttributes?.attempt).toBe(5)
  expect(started?.activityTaskStartedEventAttributes?.lastFailure?.message).toBe('attempt 4 of 5: 1 of 1 undelivered, Answered 503')
  const [failed] = events.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED)
  expect(failed?.activityTaskFailedEventAttributes?.failure?.message).toBe('attempt 5 of 5: 1 of 1 undelivered, Answered 503')
})

it('schedules the activity with the literal policy: 5 attempts, 2 s, doubling', async () => {
  const receiver = await scene.receiver((_, n) => (n === 1 ? 500 : 200))
  await scene.subscribe(receiver.url, { retry: undefined })
  const { workflowId } = await scene.inStatus('delivered', await scene.publish())

  const [scheduled] = (await historyOf(workflowId)).filter(
    ({ eventType }) => eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  )

  const policy = scheduled?.activityTaskScheduledEventAttributes?.retryPolicy
  expect(policy?.maximumAttempts).toBe(5)
  expect(Number(policy?.initialInterval?.seconds)).toBe(2)
  expect(policy?.backoffCoefficient).toBe(2)
})

it('is found by tenant, event, type, webhook and parked count, and says in words what it does', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url)
  const eventId = await scene.publish()
  const { workflowId, id } = await scene.inStatus('parked', eventId)

  const queries = [
    `HeraldTenant = "${scene.tenantId}"`,
    `HeraldEventIds = "${eventId}"`,
    `HeraldTenant = "${scene.tenantId}" AND HeraldEventTypes = "TRANSACTION SUCCESSFUL"`,
    `HeraldWebhookIds = "${webhookId}" AND HeraldParked = 1`,
  ]
  for (const query of queries) {
    await until(async () => {
      for await (const run of client().workflow.list({ query })) if (run.workflowId === workflowId) return true
      return false
    })
  }
  const handle = client().workflow.getHandle(workflowId)
  expect(workflowId).toBe(`event/${scene.tenantId}/${eventId}`)
  expect(await (await handle.describe()).staticSummary()).toBe(`TRANSACTION SUCCESSFUL ${eventId} for ${scene.tenantId}`)
  expect(await handle.query('parkedDeliveries')).toEqual([id])
  expect(await handle.query('__temporal_workflow_metadata')).toMatchObject({ currentDetails: '0 under way, 1 parked' })
})

it('is found by the webhook whose retry runs, also after it was taken over, and by no other', async () => {
  const [hanging, failing] = [await scene.receiver(500), await scene.receiver(500)]
  const retry = { maximumAttempts: 1 }
  const hangingHook = await scene.subscribe(hanging.url, { retry })
  const failingHook = await scene.subscribe(failing.url, { retry })
  const eventId = await scene.publish()
  const before = await scene.inStatus('parked', eventId, hangingHook)
  await scene.inStatus('parked', eventId, failingHook)
  await client().workflow.getHandle(before.workflowId).terminate()
  const { workflowId, id } = await until(async () => {
    const now = await scene.delivery(eventId, hangingHook)
    return now?.workflowId === before.workflowId ? undefined : now
  })
  hanging.answer = { hang: true }

  await scene.api('POST', `/v1/deliveries/${id}/retry`)
  await hanging.waitFor(2)

  const webhooksShown = async (parked: number) => {
    for await (const run of client().workflow.list({ query: `WorkflowId = "${workflowId}" AND HeraldParked = ${parked}` })) {
      return run.typedSearchAttributes.get(HeraldWebhookIds)?.toSorted()
    }
    return undefined
  }
  expect(await until(() => webhooksShown(1))).toEqual([hangingHook, failingHook].toSorted())
})

it('delivers at the first attempt with no activity of its own in the history', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { workflowId } = await scene.inStatus('delivered', await scene.publish())
  await client().workflow.getHandle(workflowId).result()

  const types = (await historyOf(workflowId)).map(({ eventType }) => eventType)

  expect(types).not.toContain(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
  expect(types.length).toBeLessThanOrEqual(6)
})

it('takes the signal retry from an operator who gives no round', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const { workflowId, id } = await scene.inStatus('parked', eventId)
  receiver.answer = 200

  await client().workflow.getHandle(workflowId).signal('retry', { deliveryIds: [id] })

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ round: 1, attemptCount: 2 })
})

it.each([
  ['retry', undefined],
  ['retry', null],
  ['retry', 'garbage'],
  ['retry', { deliveryIds: 'garbage', round: {} }],
  ['retry', { deliveryIds: [null, 7, { a: 1 }, 'dlv_of_nobody'], round: 'x' }],
  ['cancel', 42],
  ['cancel', { deliveryIds: ['dlv_of_nobody'] }],
])('stays well when an operator sends the signal %s with %j', async (signal, argument) => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const { workflowId, id } = await scene.inStatus('parked', eventId)
  const handle = client().workflow.getHandle(workflowId)

  await handle.signal(signal, ...(argument === undefined ? [] : [argument]))

  expect(await handle.query('parkedDeliveries')).toEqual([id])
  receiver.answer = 200
  await scene.api('POST', `/v1/deliveries/${id}/retry`)
  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ round: 1, attemptCount: 2 })
  await handle.result()
})

it('holds neither bodies nor credentials nor secrets in its histories', async () => {
  const receiver = await scene.receiver(({ headers }) =>
    headers['herald-attempt'] === '1' ? { status: 500, body: 'answer-canary' } : 200,
  )
  const { body: webhook } = await scene.api('POST', '/v1/webhooks', {
    url: `${receiver.url}?token=url-canary`,
    eventTypes: [5],
    retry: { maximumAttempts: 3, initialInterval: '100ms' },
    auth: { type: 'basic', username: 'user-canary', password: 'password-canary' },
    headers: { 'x-api-key': 'header-canary' },
  })
  const secret = String(webhook.secret).slice('whsec_'.length)
  const data = { id: 'txn-1', reference: 'body-canary' }
  const eventIds = await Promise.all(Array.from({ length: 20 }, () => scene.publish({ data })))
  for (const eventId of eventIds) await scene.inStatus('delivered', eventId)

  const workflowIds = new Set((await scene.deliveries('status=delivered')).map(({ workflowId }) => workflowId))
  const histories = await Promise.all([...workflowIds].map((id) => client().workflow.getHandle(id).fetchHistory()))
  const readable = histories
    .map((history) => Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1'))
    .join('\n')

  expect(readable).toContain(eventIds[0])
  for (const canary of ['url-canary', 'user-canary', 'password-canary', 'header-canary', 'body-canary', 'answer-canary', secret]) {
    expect(readable).not.toContain(canary)
  }
})
