import { ADMIN_KEY, createApi, startTestHerald, type Api } from '../support/herald'
import { createBank, transaction } from '../support/bank'
import { startReceiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const workflowOf = (api: Api, eventId: string): Promise<string> =>
  until(async () => (await api<{ workflowId?: string }>('GET', `/v1/events/${eventId}`)).body.workflowId)

it('makes one event and one delivery of 100 concurrent publishes of the same id', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: 'once', ...transaction('txn-1') }

  const answers = await Promise.all(Array.from({ length: 100 }, () => scene.api('POST', '/v1/events', event)))

  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(99)
  expect(new Set(answers.map(({ body }) => body.createdAt)).size).toBe(1)
  await scene.inStatus('delivered', 'once')
  expect(receiver.requests).toHaveLength(1)
})

it('answers the first answer again for the same id and body, and 409 for another body or type', async () => {
  const event = { id: 'same', type: 1, data: { id: 'acc-1', accountType: 'Savings' } }
  const first = await scene.api('POST', '/v1/events', event)
  const again = await scene.api('POST', '/v1/events', event)
  expect([first.status, again.status]).toEqual([202, 200])
  expect(again.body).toMatchObject({ id: 'same', createdAt: first.body.createdAt })

  const otherBody = await scene.api('POST', '/v1/events', { ...event, data: { ...event.data, currency: 'EUR' } })
  const otherType = await scene.api('POST', '/v1/events', { ...event, type: 2 })

  expect([otherBody.status, otherType.status]).toEqual([409, 409])
})

it('makes no delivery of an event that is published again, not even to a webhook that is new since', async () => {
  const [first, second] = [await scene.receiver(), await scene.receiver()]
  await scene.subscribe(first.url)
  const event = { id: 'old', ...transaction('txn-old') }
  await scene.api('POST', '/v1/events', event)
  await scene.inStatus('delivered', 'old')
  await until(async () => (await scene.herald.herald.context.store.models.events.findById(`${scene.tenantId}/old`).lean())?.dispatchedAt)
  await scene.subscribe(second.url)

  expect((await scene.api('POST', '/v1/events', event)).status).toBe(200)
  await scene.publish({ id: 'new' })
  const [arrived] = await second.waitFor(1)

  expect(arrived?.headers['webhook-id']).toBe('new')
  expect(await scene.deliveries('eventId=old')).toHaveLength(1)
})

it('answers an id that stands twice in one batch once as accepted and once as repeated', async () => {
  const event = { id: 'twice', ...transaction('txn-2') }
  const { body } = await scene.api<{ data: { status: number }[] }>('POST', '/v1/events/batch', {
    events: [event, { ...event }, { ...event, data: { id: 'other' } }, { type: 1, data: {} }],
  })
  expect(body.data.map(({ status }) => status)).toEqual([202, 200, 409, 400])
})

it('makes the Idempotency-Key the id of an event that has none', async () => {
  const publish = () => scene.api('POST', '/v1/events', transaction('txn-3'), { 'idempotency-key': 'key-7' })
  const [first, again] = [await publish(), await publish()]
  expect([first.status, again.status]).toEqual([202, 200])
  expect(again.body.id).toBe('key-7')
})

it('keeps the same event id of two tenants apart', async () => {
  const other = `${scene.tenantId}-2`
  await scene.herald.api('POST', '/v1/tenants', { id: other, name: 'Another bank' })
  const theirs = createApi(scene.herald.url, ADMIN_KEY, other)
  const event = { id: 'shared', ...transaction('txn-4') }
  expect((await scene.api('POST', '/v1/events', event)).status).toBe(202)
  expect((await theirs('POST', '/v1/events', event)).status).toBe(202)
})

it('starts one workflow an event when grouping is off', async () => {
  const herald = await startTestHerald({ config: { eventsPerWorkflow: 1 } })
  try {
    const events = Array.from({ length: 30 }, () => transaction())
    const { body } = await herald.api<{ data: { id: string }[] }>('POST', '/v1/events/batch', { events })
    const workflowIds = await Promise.all(body.data.map(({ id }) => workflowOf(herald.api, id)))
    expect(workflowIds).toEqual(body.data.map(({ id }) => `event/default/${id}`))
  } finally {
    await herald.stop()
  }
})

it('starts, by the sweeper, an event that was journaled by a process that died', async () => {
  const receiver = await startReceiver()
  const herald = await startTestHerald({ config: { reconcile: { everyMs: 200, patienceMs: 5_000 } } })
  try {
    const bank = createBank(herald.api)
    await bank.subscribe(receiver.url)
    await herald.herald.context.store.models.events.collection.insertOne({
      _id: 'default/orphan',
      tenantId: 'default',
      eventId: 'orphan',
      typeId: 1,
      type: 'CREATE ACCOUNT',
      entityId: 'acc-1',
      data: '{"id":"acc-1","accountType":"Savings"}',
      hash: 'x',
      createdAt: new Date(),
      starter: 'a process that is gone',
      leaseUntil: new Date(Date.now() - 1),
    } as never)

    await receiver.waitFor(1)
    await bank.inStatus('delivered', 'orphan')
    await until(async () => {
      const record = await herald.herald.context.store.models.events.findById('default/orphan').lean()
      return record?.dispatchedAt !== undefined && record.leaseUntil === undefined
    })
  } finally {
    await herald.stop()
    await receiver.close()
  }
})
