import { openBrowser, signedIn, tokenOf } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.admin('POST', '/v1/tenants', { id: 'bank-b', name: 'B' })
})
afterAll(() => api.stop())

const PARKED = { name: 'What waits', search: { status: 'parked', since: 'today' } }

test('views are kept with the user, apart for each tenant, and one of the same name is replaced', async () => {
  const user = await signedIn(api, 'ada@bank.example', { everyTenant: true })
  const { body } = await user.call('POST', '/v1/account/views', PARKED)
  expect(body).toEqual({ id: expect.stringMatching(/^vew_/), ...PARKED })
  await user.call('POST', '/v1/account/views', { name: 'All', search: {} })
  const again = await user.call('POST', '/v1/account/views', { name: ' What waits ', search: { status: 'held' } })
  expect(again.body).toEqual({ id: body.id, name: 'What waits', search: { status: 'held' } })
  const elsewhere = openBrowser(api)
  await elsewhere.signIn('ada@bank.example', 'plum lantern walks north')
  expect((await elsewhere.call('GET', '/v1/account/views')).body.data).toMatchObject([{ name: 'All' }, { name: 'What waits', search: { status: 'held' } }])
  expect((await user.call('GET', '/v1/account/views', undefined, { 'herald-tenant': 'bank-b' })).body).toEqual({ data: [] })
  expect((await user.call('DELETE', `/v1/account/views/${body.id}`)).status).toBe(204)
  expect((await user.call('GET', '/v1/account/views')).body.data).toMatchObject([{ name: 'All' }])
})

test('views are seen and removed by nobody else, and leave with the user', async () => {
  const [owner, other] = [await signedIn(api, 'owner@bank.example'), await signedIn(api, 'other@bank.example', { role: 'administrator' })]
  const { body } = await owner.call('POST', '/v1/account/views', PARKED)
  expect((await other.call('GET', '/v1/account/views')).body).toEqual({ data: [] })
  expect((await other.call('DELETE', `/v1/account/views/${body.id}`)).status).toBe(404)
  expect((await owner.call('GET', '/v1/account/views')).body.data).toHaveLength(1)
  expect((await api.admin('GET', '/v1/account/views')).status).toBe(403)
  const kept = () => api.store.models.savedViews.countDocuments({ userId: owner.id })
  expect(await kept()).toBe(1)
  await api.admin('DELETE', `/v1/users/${owner.id}`)
  expect(await kept()).toBe(0)
})

test('who came by a portal link has no account that could keep views', async () => {
  const { body } = await api.admin('POST', '/v1/portal-links', { role: 'viewer', name: 'Acme' })
  const guest = openBrowser(api)
  await guest.call('POST', '/v1/portal-links/open', { token: tokenOf(body.url) })
  expect((await guest.call('GET', '/v1/session')).status).toBe(200)
  expect((await guest.call('POST', '/v1/account/views', PARKED)).status).toBe(403)
})

test('views are refused that hold what is no filter, or are too many', async () => {
  const user = await signedIn(api, 'many@bank.example')
  for (const search of [{ status: 1 }, { 'a b': 'c' }, { status: '' }, { status: 'x'.repeat(301) }, Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, 'x']))]) {
    expect((await user.call('POST', '/v1/account/views', { name: 'Bad', search })).status).toBe(400)
  }
  await api.store.models.savedViews.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: `vew_${i}`, tenantId: 'default', userId: user.id, name: `View ${i}`, search: {} })))
  expect((await user.call('POST', '/v1/account/views', PARKED)).status).toBe(409)
  expect((await user.call('POST', '/v1/account/views', { ...PARKED, name: 'View 7' })).status).toBe(200)
})
