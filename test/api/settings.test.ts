import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

test('settings are for who operates Herald, and for nobody else', async () => {
  expect((await api.admin('GET', '/v1/settings')).body).toEqual({ data: [{ name: 'PORT', about: 'Where the API listens', source: 'environment', isSet: true, isSecret: false, value: '3000' }] })
  const others = await api.withScopes(['read', 'retry', 'publish', 'manage', 'access'])
  expect((await others('GET', '/v1/settings')).status).toBe(403)
  expect((await api.admin('PUT', '/v1/settings', {})).status).toBe(405)
})
