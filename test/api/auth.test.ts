import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.admin('POST', '/v1/tenants', { id: 'other-bank' })
})
afterAll(() => api.stop())

const other = { 'herald-tenant': 'other-bank' }
const webhook = { url: 'https://example.com/hook', eventTypes: [1] }
const event = { type: 5, data: { id: 't-1' } }

test.each([
  ['no key', undefined],
  ['no bearer', 'Basic YTpi'],
  ['an empty bearer', 'Bearer '],
  ['garbage', 'Bearer garbage'],
  ['a key that never was', `Bearer hrld_${'0'.repeat(26)}_${'A'.repeat(43)}`],
])('refuses %s with 401 and says how', async (_, authorization) => {
  const client = api.as(authorization)
  for (const path of ['/v1/events', '/v1/webhooks', '/v1/deliveries/x', '/v1/tenants', '/metrics']) {
    const { status, headers, body } = await client('GET', path)
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="herald"/)
    expect(body.detail).toMatch(/API key/)
  }
})

test('refuses a key whose secret is wrong', async () => {
  const { body } = await api.admin('POST', '/v1/api-keys', { name: 'n', scopes: ['read'] })
  const wrong = body.key.slice(0, -3) + (body.key.endsWith('AAA') ? 'BBB' : 'AAA')
  expect((await api.as(`Bearer ${wrong}`)('GET', '/v1/events')).status).toBe(401)
  expect((await api.as(`bearer ${body.key}`)('GET', '/v1/events')).status).toBe(200)
})

test('refuses a revoked key at once', async () => {
  const { body } = await api.admin('POST', '/v1/api-keys', { name: 'n', scopes: ['read'] })
  const client = api.as(`Bearer ${body.key}`)
  expect((await client('GET', '/v1/events')).status).toBe(200)
  expect((await api.admin('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204)
  const refused = await client('GET', '/v1/events')
  expect(refused.status).toBe(401)
  expect(refused.body.detail).toMatch(/revoked/)
})

const ROUTES: [method: string, path: string, scope: string, body?: object][] = [
  ['POST', '/v1/events', 'publish', event],
  ['POST', '/v1/events/batch', 'publish', { events: [event] }],
  ['GET', '/v1/events', 'read'],
  ['GET', '/v1/events/none', 'read'],
  ['POST', '/v1/webhooks', 'manage', webhook],
  ['GET', '/v1/webhooks', 'read'],
  ['GET', '/v1/webhooks/none', 'read'],
  ['PATCH', '/v1/webhooks/none', 'manage', {}],
  ['DELETE', '/v1/webhooks/none', 'manage'],
  ['POST', '/v1/webhooks/none/pause', 'manage'],
  ['POST', '/v1/webhooks/none/resume', 'manage'],
  ['POST', '/v1/releases', 'retry', { action: 'retry', filter: {}, dryRun: true }],
  ['GET', '/v1/releases', 'read'],
  ['GET', '/v1/releases/none', 'read'],
  ['POST', '/v1/releases/none/pause', 'retry'],
  ['POST', '/v1/releases/none/resume', 'retry'],
  ['POST', '/v1/releases/none/cancel', 'retry'],
  ['GET', '/v1/deliveries', 'read'],
  ['GET', '/v1/deliveries/none', 'read'],
  ['POST', '/v1/deliveries/none/retry', 'retry'],
  ['POST', '/v1/deliveries/none/cancel', 'retry'],
  ['GET', '/v1/event-types', 'read'],
  ['POST', '/v1/event-types', 'admin', {}],
  ['GET', '/v1/tenants', 'admin'],
  ['POST', '/v1/tenants', 'admin', {}],
  ['PATCH', '/v1/tenants/default', 'admin', {}],
  ['GET', '/v1/api-keys', 'access'],
  ['POST', '/v1/api-keys', 'access', {}],
  ['DELETE', '/v1/api-keys/none', 'access'],
  ['POST', '/v1/api-keys/none/rotate', 'access', {}],
  ['GET', '/v1/users', 'access'],
  ['POST', '/v1/users', 'access', {}],
  ['GET', '/v1/users/none', 'access'],
  ['PATCH', '/v1/users/none', 'access', {}],
  ['DELETE', '/v1/users/none', 'access'],
  ['POST', '/v1/users/none/password-link', 'access', {}],
  ['POST', '/v1/portal-links', 'access', { role: 'none' }],
  ['DELETE', '/v1/portal-links/none', 'access'],
  ['GET', '/metrics', 'read'],
]

test('lets each scope do what is its own, and admin everything', async () => {
  const scopes = ['publish', 'read', 'manage', 'retry', 'access', 'admin'] as const
  for (const mine of scopes) {
    const client = await api.withScopes([mine])
    for (const [method, path, scope, body] of ROUTES) {
      const answer = await client(method, path, body)
      const allowed = mine === 'admin' || mine === scope
      expect([mine, method, path, answer.status === 403]).toEqual([mine, method, path, !allowed])
      if (!allowed) expect(answer.body.detail).toContain(`"${scope}"`)
    }
  }
})

test("answers another tenant's objects as if they were not there", async () => {
  const { body: made } = await api.admin('POST', '/v1/webhooks', webhook)
  const { body: published } = await api.admin('POST', '/v1/events', event)
  const { body: key } = await api.admin('POST', '/v1/api-keys', { name: 'n', scopes: ['read'] })
  const stranger = await api.withScopes(['publish', 'read', 'manage', 'retry'], 'other-bank')
  for (const [method, path, body] of [
    ['GET', `/v1/webhooks/${made.id}`],
    ['PATCH', `/v1/webhooks/${made.id}`, { description: 'mine' }],
    ['POST', `/v1/webhooks/${made.id}/pause`],
    ['POST', `/v1/webhooks/${made.id}/resume`],
    ['DELETE', `/v1/webhooks/${made.id}`],
    ['GET', `/v1/events/${published.id}`],
  ] as const) {
    const answer = await stranger(method, path, body)
    const never = await stranger(method, path.replace(made.id, 'never').replace(published.id, 'never'), body)
    expect([method, path, answer.status]).toEqual([method, path, 404])
    expect(answer.body.title).toBe(never.body.title)
  }
  expect((await stranger('GET', '/v1/webhooks')).body.data).toEqual([])
  expect((await stranger('GET', '/v1/events')).body.data).toEqual([])
  expect((await api.admin('DELETE', `/v1/api-keys/${key.id}`, undefined, other)).status).toBe(404)
  expect((await api.admin('GET', `/v1/webhooks/${made.id}`)).body.status).toBe('active')
})

test('the same event id is another event in another tenant', async () => {
  const send = (body: object, headers?: Record<string, string>) => api.admin('POST', '/v1/events', body, headers)
  expect((await send({ ...event, id: 'shared' })).status).toBe(202)
  expect((await send({ ...event, id: 'shared', data: { id: 'x' } }, other)).status).toBe(202)
})

describe('Herald-Tenant', () => {
  test('lets the admin key act for another tenant that is there', async () => {
    const { body } = await api.admin('POST', '/v1/webhooks', webhook, other)
    expect((await api.admin('GET', `/v1/webhooks/${body.id}`)).status).toBe(404)
    expect((await api.admin('GET', `/v1/webhooks/${body.id}`, undefined, other)).status).toBe(200)
    for (const missing of ['nobody', 'Not An Id', '../default']) {
      const answer = await api.admin('GET', '/v1/webhooks', undefined, { 'herald-tenant': missing })
      expect(answer.status).toBe(404)
      expect(answer.body.detail).toContain('POST /v1/tenants')
    }
  })

  test('is refused from a key of one tenant, unless it names that tenant', async () => {
    const client = await api.withScopes(['read'])
    expect((await client('GET', '/v1/webhooks', undefined, other)).status).toBe(403)
    expect((await client('GET', '/v1/webhooks', undefined, { 'herald-tenant': 'default' })).status).toBe(200)
  })
})
