import { until } from '../support/until'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const data = { id: 'acc-1', accountType: 'Savings' }
const DAY_MS = 86_400_000
const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString()
const publish = (event: object) => api.admin('POST', '/v1/events', { type: 1, data, ...event })

test('says when it will deliver, and has no workflow before', async () => {
  const deliverAt = ahead(365 * DAY_MS)
  const { status, body } = await publish({ id: 'in-a-year', deliverAt })
  expect(status).toBe(202)
  expect(body).toEqual({ id: 'in-a-year', type: 'CREATE ACCOUNT', typeId: 1, createdAt: expect.any(String), deliverAt })
  expect((await api.admin('GET', '/v1/events/in-a-year')).body).toMatchObject({ deliverAt, deliveries: [] })
  expect((await api.admin('GET', '/v1/events')).body.data).toContainEqual(expect.objectContaining({ id: 'in-a-year', deliverAt }))
})

test('takes a time that has passed for at once', async () => {
  const { status, body } = await publish({ deliverAt: ahead(-DAY_MS) })
  expect(status).toBe(202)
  expect(body.workflowId).toBe(`event/default/${body.id}`)
})

test('is the same event with the same time in any zone, and another one with another time or with none', async () => {
  const statuses: number[] = []
  const year = new Date().getUTCFullYear() + 1
  for (const deliverAt of [`${year}-01-01T12:00:00Z`, `${year}-01-01T13:00:00.000+01:00`, `${year}-01-01T12:00:01Z`, undefined]) {
    statuses.push((await publish({ id: 'zones', deliverAt })).status)
  }
  expect(statuses).toEqual([202, 200, 409, 409])
})

test.each([
  ['tomorrow', expect.stringContaining('must be a time with its zone')],
  ['2027-01-31T12:00:00', expect.stringContaining('must be a time with its zone')],
  ['2027-02-30T12:00:00Z', expect.stringContaining('must be a time with its zone')],
  [1_798_761_600, expect.stringContaining('must be a time with its zone')],
  [null, expect.stringContaining('must be a time with its zone')],
  [ahead(367 * DAY_MS), 'must be at most 366 days ahead'],
])('refuses %s as deliverAt', async (deliverAt, message) => {
  const { status, body } = await publish({ deliverAt })
  expect(status).toBe(400)
  expect(body.errors).toEqual([{ path: 'deliverAt', message }])
})

test('schedules each event of a batch by itself', async () => {
  const deliverAt = ahead(DAY_MS)
  const events = [{ deliverAt }, { deliverAt: 'soon' }, {}].map((more) => ({ type: 1, data, ...more }))
  const { body } = await api.admin('POST', '/v1/events/batch', { events })
  expect(body.data).toMatchObject([
    { status: 202, deliverAt },
    { status: 400, errors: [{ path: 'deliverAt' }] },
    { status: 202, workflowId: expect.any(String) },
  ])
})

describe('expireAt', () => {
  test('is shown with the event', async () => {
    const [deliverAt, expireAt] = [ahead(DAY_MS), ahead(2 * DAY_MS)]
    expect((await publish({ id: 'for-a-day', deliverAt, expireAt })).body).toMatchObject({ deliverAt, expireAt })
    expect((await api.admin('GET', '/v1/events/for-a-day')).body).toMatchObject({ deliverAt, expireAt })
  })

  test.each([
    [{ expireAt: '2026-01-31' }, expect.stringContaining('must be a time with its zone')],
    [{ expireAt: ahead(-1) }, 'must lie in the future'],
    [{ expireAt: ahead(DAY_MS), deliverAt: ahead(2 * DAY_MS) }, 'must lie after deliverAt'],
  ])('refuses %j', async (times, message) => {
    const { status, body } = await publish(times)
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path: 'expireAt', message }])
    const batch = await api.admin('POST', '/v1/events/batch', { events: [{ type: 1, data, ...times }, { type: 1, data }] })
    expect(batch.body.data).toMatchObject([{ status: 400, errors: [{ path: 'expireAt', message }] }, { status: 202 }])
  })

  test('lets a publish be repeated after it has passed', async () => {
    const expireAt = ahead(400)
    const first = await publish({ id: 'answer-was-lost', expireAt })
    expect(first.status).toBe(202)
    await until(() => Date.now() > Date.parse(expireAt))
    const again = await publish({ id: 'answer-was-lost', expireAt })
    expect(again.status).toBe(200)
    expect(again.body.createdAt).toBe(first.body.createdAt)
    expect((await publish({ id: 'answer-was-lost', expireAt: ahead(-1) })).status).toBe(409)
  })
})

describe('cancelling', () => {
  const cancel = (id: string, client = api.admin) => client('POST', `/v1/events/${id}/cancel`)

  test('takes an event out before its time, once and for all', async () => {
    await publish({ id: 'not-any-more', deliverAt: ahead(DAY_MS) })
    const first = await cancel('not-any-more')
    expect(first).toMatchObject({ status: 200, body: { id: 'not-any-more', cancelledAt: expect.any(String) } })
    expect((await cancel('not-any-more')).body).toEqual(first.body)
    expect((await api.admin('GET', '/v1/events/not-any-more')).body.cancelledAt).toBe(first.body.cancelledAt)
    const { leaseUntil } = (await api.store.models.events.findById('default/not-any-more').lean()) ?? {}
    expect(leaseUntil).toBeUndefined()
  })

  test('is refused for what is on its way, and finds only what is there', async () => {
    await publish({ id: 'on-its-way' })
    expect(await cancel('on-its-way')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('on its way') } })
    expect((await cancel('never-was')).status).toBe(404)
    await publish({ id: 'of-another', deliverAt: ahead(DAY_MS) })
    await api.admin('POST', '/v1/tenants', { id: 'other-bank', name: 'Another bank' })
    expect((await cancel('of-another', await api.withScopes(['publish'], 'other-bank'))).status).toBe(404)
    expect((await cancel('of-another', await api.withScopes(['read']))).status).toBe(403)
    expect((await cancel('of-another', await api.withScopes(['publish']))).status).toBe(200)
  })
})
