import { signedIn } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

test('a key says who made it', async () => {
  const { id, call } = await signedIn(api, 'maker@bank.example', { role: 'administrator' })
  const { body: byUser } = await call('POST', '/v1/api-keys', { name: 'by a user', scopes: ['access', 'read'] })
  const { body: byKey } = await api.as(`Bearer ${byUser.key}`)('POST', '/v1/api-keys', { name: 'by a key', scopes: ['read'] })
  const { body: byAdmin } = await api.admin('POST', '/v1/api-keys', { name: 'by the admin key', scopes: ['read'] })
  expect([byUser.createdBy, byKey.createdBy, byAdmin.createdBy]).toEqual([id, byUser.id, 'admin'])
  const { body } = await api.admin('GET', '/v1/api-keys')
  expect(body.data.map(({ createdBy }: { createdBy: string }) => createdBy)).toEqual(['admin', byUser.id, id])
})

test('a key is not revoked by one that may do less', async () => {
  const { body: strong } = await api.admin('POST', '/v1/api-keys', { name: 'strong', scopes: ['read', 'retry'] })
  const narrow = await api.withScopes(['access', 'read'])
  const refused = await narrow('DELETE', `/v1/api-keys/${strong.id}`)
  expect([refused.status, refused.body.detail]).toEqual([403, 'You cannot take away what you do not have yourself: retry. You have: access, read.'])
  expect((await api.as(`Bearer ${strong.key}`)('GET', '/v1/events')).status).toBe(200)
  expect((await (await api.withScopes(['access', 'read', 'retry']))('DELETE', `/v1/api-keys/${strong.id}`)).status).toBe(204)
})
