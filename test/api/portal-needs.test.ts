import { startReceiver } from '../support/receiver'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const webhook = { url: 'http://127.0.0.1:8099/hook', eventTypes: [5] }

test('a URL is judged by the rule by which webhooks are made', async () => {
  const check = async (url: string) => (await api.admin('POST', '/v1/webhooks/check-url', { url })).body
  expect(await check('https://example.com/hook')).toEqual({ ok: true })
  expect(await check('http://example.com/hook')).toMatchObject({ ok: true, advice: expect.stringContaining('HTTPS') })
  expect(await check('nonsense')).toMatchObject({ ok: false, reason: expect.stringContaining('https://') })
  const refused = await check('http://169.254.169.254/')
  expect(refused.ok).toBe(false)
  const made = await api.admin('POST', '/v1/webhooks', { ...webhook, url: 'http://169.254.169.254/' })
  expect(made.body.errors[0].message).toContain(refused.reason)
})

test('a test event is one signed POST, shown without credentials, and no event of the tenant', async () => {
  const receiver = await startReceiver({ answer: { status: 500, body: '<b>broken</b>' } })
  const auth = { type: 'basic', username: 'herald', password: 'hush-hush' }
  const { body: made } = await api.admin('POST', '/v1/webhooks', { ...webhook, url: receiver.url, auth })
  const { status, body } = await api.admin('POST', `/v1/webhooks/${made.id}/test`, {})
  expect(status).toBe(200)
  expect(body).toMatchObject({ type: 'TRANSACTION SUCCESSFUL', outcome: 'failed', response: { status: 500, body: '<b>broken</b>' }, timing: { waitMs: expect.any(Number) } })
  const [got] = receiver.requests
  expect(got?.rawBody).toBe(body.request.body)
  expect(got?.headers['webhook-id']).toBe(body.eventId)
  expect(got?.headers['webhook-signature']).toMatch(/^v1,/)
  expect(got?.headers.authorization).toMatch(/^Basic /)
  expect(JSON.stringify(body)).not.toContain(got?.headers.authorization?.slice(6))
  expect(receiver.requests).toHaveLength(1)
  expect((await api.admin('GET', `/v1/events/${body.eventId}`)).status).toBe(404)
  expect((await api.admin('GET', '/v1/deliveries')).body.data).toEqual([])
  await receiver.close()
})

test('a test event may be of any known type, also to a paused webhook', async () => {
  const receiver = await startReceiver()
  const { body: made } = await api.admin('POST', '/v1/webhooks', { ...webhook, url: receiver.url })
  await api.admin('POST', `/v1/webhooks/${made.id}/pause`)
  const { body } = await api.admin('POST', `/v1/webhooks/${made.id}/test`, { type: 'CREATE CUSTOMER' })
  expect(body).toMatchObject({ outcome: 'delivered', type: 'CREATE CUSTOMER' })
  expect(JSON.parse(receiver.requests[0]?.rawBody ?? '').data.customerType).toBe('Individual')
  expect((await api.admin('POST', `/v1/webhooks/${made.id}/test`, { type: 'NONE' })).status).toBe(400)
  expect((await api.admin('POST', '/v1/webhooks/whk_none/test', {})).status).toBe(404)
  await receiver.close()
})

describe('deliveries of an entity', () => {
  const tenant = { 'herald-tenant': 'entities' }
  const delivery = (n: number, eventId: string, status: string) => ({
    _id: `dlv_${String(n).padStart(26, '0')}`,
    tenantId: 'entities',
    eventId,
    webhookId: 'whk_1',
    typeId: 5,
    entityId: 'of-event',
    status,
    round: 0,
    posts: 1,
    postsBeforeRound: 0,
    intents: [],
    workflowId: 'w',
    createdAt: new Date(),
    updatedAt: new Date(),
  })

  beforeAll(async () => {
    await api.admin('POST', '/v1/tenants', { id: 'entities' })
    for (const [id, entity] of [['e1', 'cus-4711'], ['e2', 'cus-4711'], ['e3', 'cus-1']]) {
      const data = { id: entity, customerType: 'Group' }
      expect((await api.admin('POST', '/v1/events', { id, type: 4, data }, tenant)).status).toBe(202)
    }
    const records = [delivery(1, 'e1', 'parked'), delivery(2, 'e1', 'delivered'), delivery(3, 'e2', 'parked'), delivery(4, 'e3', 'parked')]
    await api.store.models.hot.deliveries.insertMany(records as never)
  })

  const get = async (path: string) => (await api.admin('GET', path, undefined, tenant)).body

  test('are found by its ID, newest first, page by page', async () => {
    const first = await get('/v1/deliveries?entityId=cus-4711&limit=2')
    expect(first.data.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['e2', 'e1'])
    const second = await get(`/v1/deliveries?entityId=cus-4711&limit=2&cursor=${first.nextCursor}`)
    expect(second.data).toHaveLength(1)
    expect((await get('/v1/deliveries?entityId=cus-9')).data).toEqual([])
  })

  test('are counted with the same filters', async () => {
    expect(await get('/v1/deliveries/count?status=parked')).toEqual({ count: 3, more: false })
    expect(await get('/v1/deliveries/count?status=parked&entityId=cus-4711')).toEqual({ count: 2, more: false })
    expect(await get('/v1/deliveries/count?entityId=cus-4711&to=2020-01-01')).toEqual({ count: 0, more: false })
  })
})
