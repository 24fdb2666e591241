import { startApi, type TestApi } from './start-api'
import { writeAged } from '../support/aged-events'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const path = (entityId: string) => `/v1/legal-holds/${encodeURIComponent(entityId)}`

test('a legal hold is set, looked at, listed and lifted', async () => {
  const before = Date.now()
  const set = await api.admin('PUT', path('acc-1'), { reason: 'case 12/2026' })
  expect(set.status).toBe(200)
  expect(set.body).toEqual({ entityId: 'acc-1', reason: 'case 12/2026', since: expect.any(String), setBy: 'admin' })
  expect(Date.parse(set.body.since)).toBeGreaterThanOrEqual(before)
  expect((await api.admin('GET', path('acc-1'))).body).toEqual(set.body)
  expect((await api.admin('GET', '/v1/legal-holds')).body.data).toEqual([set.body])

  expect((await api.admin('DELETE', path('acc-1'))).status).toBe(204)
  for (const method of ['GET', 'DELETE']) {
    const { status, body } = await api.admin(method, path('acc-1'))
    expect([status, body.detail]).toEqual([404, 'There is no legal hold on the entity "acc-1" in this tenant.'])
  }
})

test('a legal hold that is set again keeps its time and takes the new reason, also from two at once', async () => {
  const { body: first } = await api.admin('PUT', path('acc-2'), { reason: 'one' })
  const again = await api.admin('PUT', path('acc-2'), { reason: 'two' })
  expect(again.body).toEqual({ ...first, reason: 'two' })
  const many = await Promise.all(Array.from({ length: 10 }, () => api.admin('PUT', path('acc-3'), { reason: 'same' })))
  expect(new Set(many.map(({ text }) => text)).size).toBe(1)
})

test('an entity may have any id, and holds are listed page by page, newest first', async () => {
  const ids = ['with/slash', 'with space', 'ünïcode', '100%']
  for (const id of ids) expect((await api.admin('PUT', path(id), { reason: 'x' })).body.entityId).toBe(id)
  const first = await api.admin('GET', '/v1/legal-holds?limit=2')
  expect(first.body.data.map(({ entityId }: { entityId: string }) => entityId)).toEqual(['100%', 'ünïcode'])
  const second = await api.admin('GET', `/v1/legal-holds?limit=2&cursor=${first.body.nextCursor}`)
  expect(second.body.data.map(({ entityId }: { entityId: string }) => entityId)).toEqual(['with space', 'with/slash'])
  expect((await api.admin('GET', '/v1/legal-holds?cursor=abc')).status).toBe(400)
})

test('a key of the tenant sees its holds, and neither sets nor lifts one', async () => {
  await api.admin('PUT', path('acc-4'), { reason: 'x' })
  const tenant = await api.withScopes(['read', 'manage', 'retry', 'publish'])
  expect((await tenant('GET', path('acc-4'))).status).toBe(200)
  expect((await tenant('PUT', path('acc-5'), { reason: 'x' })).status).toBe(403)
  expect((await tenant('DELETE', path('acc-4'))).status).toBe(403)
  await api.admin('POST', '/v1/tenants', { id: 'other-bank' })
  const stranger = await api.withScopes(['read'], 'other-bank')
  expect((await stranger('GET', path('acc-4'))).status).toBe(404)
  expect((await stranger('GET', '/v1/legal-holds')).body.data).toEqual([])
})

test.each([
  [{}, 'reason', 'is required'],
  [{ reason: '' }, 'reason', 'must have at least 1 characters'],
  [{ reason: 'x', until: 'tomorrow' }, 'until', 'is not known here; known: reason'],
])('a legal hold is refused with %j', async (body, field, message) => {
  const answer = await api.admin('PUT', path('acc-6'), body)
  expect(answer.status).toBe(400)
  expect(answer.body.errors).toEqual([{ path: field, message }])
})

test('the id of an entity that is too long is refused', async () => {
  const { status, body } = await api.admin('PUT', path('x'.repeat(257)), { reason: 'x' })
  expect([status, body.errors]).toEqual([400, [{ path: 'entityId', message: 'must have at most 256 characters' }]])
})

test('the answer to a new hold comes when nothing under it is about to leave, and an event shows when it leaves', async () => {
  await writeAged(api.store, ['leaving'], { tenantId: 'default', daysOld: 91, entityId: 'acc-7' })
  const removeAt = new Date(Date.now() + 1_000_000)
  const { hot } = api.store.models
  for (const records of [hot.events, hot.deliveries, hot.attempts]) {
    await records.updateMany({ tenantId: 'default' }, { $set: { removeAt } })
  }
  const shown = async () => {
    const { body } = await api.admin('GET', '/v1/events/leaving')
    return [body.removeAt, body.deliveries[0].removeAt]
  }
  expect(await shown()).toEqual([removeAt.toISOString(), removeAt.toISOString()])

  await api.admin('PUT', path('acc-7'), { reason: 'x' })

  expect(await shown()).toEqual([undefined, undefined])
  expect(await hot.attempts.countDocuments({ removeAt: { $exists: true } })).toBe(0)
})

test('a hold on a tenant keeps what was about to leave, and nothing of others', async () => {
  const { hot } = api.store.models
  for (const tenantId of ['bank-a', 'bank-b']) {
    await api.admin('POST', '/v1/tenants', { id: tenantId })
    await writeAged(api.store, [`of-${tenantId}`], { tenantId, daysOld: 91 })
    await hot.events.updateMany({ tenantId }, { $set: { removeAt: new Date(Date.now() + 1_000_000) } })
  }
  expect((await api.admin('PATCH', '/v1/tenants/bank-a', { legalHold: true })).body.legalHold).toBe(true)
  const left = await hot.events.find({ tenantId: /^bank-/, removeAt: { $exists: true } }).toArray()
  expect(left.map(({ eventId }) => eventId)).toEqual(['of-bank-b'])
})
