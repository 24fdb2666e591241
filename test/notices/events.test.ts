import { compileSchema } from '../../src/domain/json-schema'
import type { ReceivedRequest } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const ONCE = { maximumAttempts: 1 }

interface Report {
  id: string
  type: string
  typeId: number
  data: Record<string, unknown>
}
const reports = (requests: ReceivedRequest[]): Report[] => requests.map(({ rawBody }) => JSON.parse(rawBody) as Report)

const eventsOfType = async (type: string): Promise<{ id: string }[]> =>
  (await scene.api<{ data: { id: string }[] }>('GET', `/v1/events?type=${encodeURIComponent(type)}`)).body.data

it('reports a parked delivery, once it is parked, to who subscribes to that', async () => {
  const dead = await scene.receiver(500)
  let seen: string | undefined
  const operations = await scene.receiver(async ({ rawBody }) => {
    const { deliveryIds: [id] } = (JSON.parse(rawBody) as { data: { deliveryIds: string[] } }).data
    seen = String((await scene.api('GET', `/v1/deliveries/${id}`)).body['status'])
    return 200
  })
  const webhookId = await scene.subscribe(dead.url, { eventTypes: ['TRANSACTION SUCCESSFUL', 'delivery.parked'], retry: ONCE })
  await scene.subscribe(operations.url, { eventTypes: ['delivery.parked'] })

  const eventId = await scene.publish()
  const { id, createdAt } = await scene.inStatus('parked', eventId, webhookId)

  const [report] = reports(await operations.waitFor(1))
  expect(report).toMatchObject({
    type: 'delivery.parked',
    typeId: 53,
    data: { id: webhookId, webhookId, count: 1, deliveryIds: [id], reason: 'attempts exhausted', since: createdAt },
  })
  await until(() => seen)
  expect(seen).toBe('parked')
  expect(operations.requests[0]?.headers).toHaveProperty('webhook-signature')
  // Not to the one that it is about.
  expect(await scene.deliveries(`webhookId=${webhookId}`)).toHaveLength(1)
})

it('reports what is parked together by few events that count it', async () => {
  const dead = await scene.receiver(500)
  const operations = await scene.receiver()
  const webhookId = await scene.subscribe(dead.url, { retry: ONCE })
  await scene.subscribe(operations.url, { eventTypes: [53] })
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  for (let i = 0; i < 30; i++) await scene.publish()
  await until(async () => (await scene.deliveries(`status=held&webhookId=${webhookId}`)).length === 30)

  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await until(async () => (await scene.deliveries(`status=parked&webhookId=${webhookId}`)).length === 30)

  const counted = () => reports(operations.requests).reduce((sum, { data }) => sum + Number(data['count']), 0)
  await operations.waitFor(() => counted() === 30)
  const told = reports(operations.requests)
  expect(told.length).toBeLessThan(10)
  for (const { data } of told) {
    expect(data).toMatchObject({ webhookId })
    expect(data['deliveryIds']).toHaveLength(Math.min(20, Number(data['count'])))
  }
})

it('publishes nothing that nobody has asked for', async () => {
  const dead = await scene.receiver(500)
  // Its own troubles are not told to a webhook by way of itself.
  await scene.subscribe(dead.url, { eventTypes: ['TRANSACTION SUCCESSFUL', 'delivery.parked', 'webhook.disabled'], retry: ONCE })

  await scene.inStatus('parked', await scene.publish())
  dead.answer = 410
  await scene.inStatus('parked', await scene.publish())

  expect(await eventsOfType('delivery.parked')).toEqual([])
  expect(await eventsOfType('webhook.disabled')).toEqual([])
})

it('does not report that a report was parked', async () => {
  const dead = await scene.receiver(500)
  const deaf = await scene.receiver(500)
  const operations = await scene.receiver()
  const webhookId = await scene.subscribe(dead.url, { retry: ONCE })
  const deafId = await scene.subscribe(deaf.url, { eventTypes: ['delivery.parked'], retry: ONCE })
  await scene.subscribe(operations.url, { eventTypes: ['delivery.parked'] })

  await scene.inStatus('parked', await scene.publish(), webhookId)
  await until(async () => (await scene.deliveries(`status=parked&webhookId=${deafId}`)).length === 1)
  await scene.inStatus('parked', await scene.publish(), webhookId)
  await until(async () => (await scene.deliveries(`status=parked&webhookId=${deafId}`)).length === 2)

  const told = reports(await operations.waitFor(2))
  expect(told.map(({ data }) => data['webhookId'])).toEqual([webhookId, webhookId])
  expect(await eventsOfType('delivery.parked')).toHaveLength(2)
})

it('reports once that a 410 has disabled a webhook, and that a person has resumed it', async () => {
  const gone = await scene.receiver(410)
  const operations = await scene.receiver()
  const webhookId = await scene.subscribe(gone.url)
  await scene.subscribe(operations.url, { eventTypes: ['webhook.disabled', 'webhook.resumed'] })

  const events = await Promise.all(Array.from({ length: 5 }, () => scene.publish()))
  await Promise.all(events.map((id) => until(async () => (await scene.delivery(id, webhookId))?.status !== 'pending')))
  const [disabled] = reports(await operations.waitFor(1))
  expect(disabled).toMatchObject({ type: 'webhook.disabled', data: { id: webhookId, status: 'disabled', reason: 'answered 410' } })

  gone.answer = 200
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  // Active already: nothing has changed.
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  const [, resumed] = reports(await operations.waitFor(2))
  expect(resumed).toMatchObject({ type: 'webhook.resumed', data: { id: webhookId, status: 'active', reason: 'by hand' } })
  expect([await eventsOfType('webhook.disabled'), await eventsOfType('webhook.resumed')].map(({ length }) => length)).toEqual([1, 1])
})

it('reports a change of status whose process ended before it had told', async () => {
  const operations = await scene.receiver()
  const webhookId = await scene.subscribe((await scene.receiver()).url)
  await scene.subscribe(operations.url, { eventTypes: ['webhook.suspended'] })
  const { store, notices } = scene.herald.herald.context

  await store.models.webhooks.updateOne(
    { _id: webhookId },
    { $set: { status: 'suspended' }, $push: { untold: { status: 'suspended', reason: 'failed for long', at: new Date() } } },
  )

  const [report] = reports(await operations.waitFor(1))
  expect(report).toMatchObject({ type: 'webhook.suspended', data: { webhookId, status: 'suspended', reason: 'failed for long' } })
  await notices.tellLeft()
  expect(await eventsOfType('webhook.suspended')).toHaveLength(1)
})

it('tells the same once, however often a step is repeated', async () => {
  const operations = await scene.receiver()
  await scene.subscribe(operations.url, { eventTypes: ['release.finished'] })
  const { notices } = scene.herald.herald.context
  const data = { id: 'rel_1', action: 'retry', status: 'finished', total: 7, done: 7, at: new Date().toISOString() }
  const notice = { type: 'release.finished', tenantId: scene.tenantId, key: 'rel_1', data } as const

  await Promise.all([notices.tell(notice), notices.tell(notice)])
  await notices.tell({ ...notice, data: { ...data, at: new Date(0).toISOString() } })

  expect(await eventsOfType('release.finished')).toHaveLength(1)
  expect(reports(await operations.waitFor(1))[0]).toMatchObject({ type: 'release.finished', typeId: 54, data })
})

it('lists what it reports, with the shape of its data, and lets nobody publish it', async () => {
  interface Listed {
    id: number
    name: string
    operational: boolean
    schema?: object
  }
  const { body } = await scene.api<{ data: Listed[] }>('GET', '/v1/event-types')
  const operational = body.data.filter((type) => type.operational)
  expect(operational.map(({ id, name }) => `${id} ${name}`)).toEqual([
    '50 webhook.suspended',
    '51 webhook.resumed',
    '52 webhook.disabled',
    '53 delivery.parked',
    '54 release.finished',
  ])
  const { schema = {} } = (await scene.api<Listed>('GET', '/v1/event-types/53')).body
  const data = { id: 'whk_1', webhookId: 'whk_1', count: 1, deliveryIds: ['dlv_1'], reason: 'attempts exhausted', since: '2026-01-01T00:00:00Z' }
  expect(compileSchema(schema)(data)).toEqual([])
  expect(compileSchema(schema)({ ...data, reason: 'none' })).toHaveLength(1)

  for (const type of ['delivery.parked', 53]) {
    const refused = await scene.api('POST', '/v1/events', { type, data })
    expect(refused.status).toBe(400)
    expect(refused.body).toMatchObject({ errors: [{ path: 'type', message: expect.stringContaining('nobody may publish it') }] })
  }
  const unknown = await scene.api<{ errors: { message: string }[] }>('POST', '/v1/events', { type: 'NONE', data })
  expect(unknown.body.errors[0]?.message).not.toContain('delivery.parked')
})
