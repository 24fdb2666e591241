import { startReceiver, type Receiver } from '../support/receiver'
import { startApi, type TestApi } from './start-api'

let api: TestApi
let receiver: Receiver
beforeAll(async () => {
  api = await startApi()
  receiver = await startReceiver({ answer: ({ path }) => (path === '/token' ? { headers: { 'content-type': 'application/json' }, body: '{"access_token":"access-canary","token_type":"bearer","expires_in":60}' } : 200) })
})
afterAll(async () => {
  await api.stop()
  await receiver.close()
})

const make = (auth: unknown) => api.admin('POST', '/v1/webhooks', { url: receiver.url, eventTypes: [1], auth })
const bearer = { type: 'bearer', token: 'token-canary' }
const oauth2 = () => ({ type: 'oauth2', tokenUrl: `http://127.0.0.1:${receiver.port}/token`, clientId: 'herald', clientSecret: 'secret-canary', scope: 'a b', audience: 'x' })

test.each([
  ['a bearer token', () => bearer, 'Bearer token-canary'],
  ['OAuth 2.0 client credentials', oauth2, 'Bearer access-canary'],
])('%s is sent, and of it only what is no secret is shown', async (_, auth, sent) => {
  const made = await make(auth())
  expect(made.status).toBe(201)
  const { id } = made.body
  const { clientSecret: _secret, token: _token, ...shown }: Record<string, unknown> = auth()
  expect(made.body.auth).toEqual(shown)
  const tested = await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  expect(tested.body).toMatchObject({ outcome: 'delivered' })
  expect(receiver.requests.at(-1)?.headers.authorization).toBe(sent)
  const texts = [made.text, tested.text, (await api.admin('GET', `/v1/webhooks/${id}`)).text, JSON.stringify(await api.store.models.webhooks.findById(id).lean()), api.logged.join()]
  for (const text of texts) expect(text).not.toMatch(/canary/)
  expect((await api.admin('PATCH', `/v1/webhooks/${id}`, { auth: null })).body).not.toHaveProperty('auth')
})

test.each<[object, string, RegExp]>([
  [{ ...bearer, token: '' }, 'auth.token', /empty/],
  [{ ...bearer, token: 'a\r\nx: y' }, 'auth.token', /visible ASCII/],
  [{ ...bearer, username: 'x' }, 'auth.username', /not known here; known: type, token/],
  [{ type: 'oauth2', clientId: 'x', clientSecret: 'y' }, 'auth.tokenUrl', /required/],
  [{ ...oauth2Like(), tokenUrl: 'http://10.0.0.1/token' }, 'auth.tokenUrl', /cannot be used: The address is not public/],
  [{ ...oauth2Like(), tokenUrl: 'ftp://example.com/' }, 'auth.tokenUrl', /cannot be used/],
  [{ ...oauth2Like(), tokenUrl: 'https://u:p@example.com/' }, 'auth.tokenUrl', /user name/],
  [{ ...oauth2Like(), clientSecret: '' }, 'auth.clientSecret', /empty/],
  [{ ...oauth2Like(), clientAuthentication: 'none' }, 'auth.clientAuthentication', /one of basic, body/],
  [{ type: 'digest' }, 'auth.type', /"basic", "bearer" or "oauth2"/],
])('refuses %j', async (auth, path, message) => {
  const { status, body } = await make(auth)
  expect([status, body.errors]).toEqual([400, [{ path, message: expect.stringMatching(message) }]])
})

function oauth2Like() {
  return { type: 'oauth2', tokenUrl: 'https://example.com/token', clientId: 'x', clientSecret: 'y' }
}

test('a change of the token endpoint is judged as well', async () => {
  const { body } = await make(bearer)
  expect((await api.admin('PATCH', `/v1/webhooks/${body.id}`, { auth: { ...oauth2Like(), tokenUrl: 'http://169.254.169.254/' } })).body.errors[0].path).toBe('auth.tokenUrl')
})
