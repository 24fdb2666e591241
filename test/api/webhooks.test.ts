import { createSealer } from '../../src/delivery/seal'
import { createLogger } from '../../src/logger'
import { createWebhookStore } from '../../src/store/webhooks'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const SECRETS = ['hunter2', 'user-of-the-bank', 'canary-value']
const full = {
  url: 'https://example.com/hook',
  eventTypes: ['CREATE ACCOUNT', 5],
  description: 'Core banking',
  auth: { type: 'basic', username: 'user-of-the-bank', password: 'hunter2:ü' },
  headers: { 'X-Api-Key': 'canary-value', 'x-branch': '7' },
  retry: { maximumAttempts: 6, initialInterval: '500ms', maximumInterval: '2m' },
  timeout: '5s',
}

const make = async (body: object = full) => (await api.admin('POST', '/v1/webhooks', body)).body

const secretsOf = async (id: string) => {
  const webhooks = createWebhookStore(api.store.models, createSealer(Buffer.alloc(32, 7)), createLogger('silent'))
  return (await webhooks.open('default', id))?.secrets
}

test('makes a webhook and shows its secret once', async () => {
  const { status, body } = await api.admin('POST', '/v1/webhooks', full)
  expect(status).toBe(201)
  const { secret, ...shown } = body
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(shown).toEqual({
    id: expect.stringMatching(/^whk_/),
    url: 'https://example.com/hook',
    description: 'Core banking',
    eventTypes: ['CREATE ACCOUNT', 'TRANSACTION SUCCESSFUL'],
    eventTypeIds: [1, 5],
    status: 'active',
    auth: { type: 'basic' },
    headers: ['X-Api-Key', 'x-branch'],
    retry: { maximumAttempts: 6, initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2m' },
    signatures: ['v1'],
    autoSuspend: true,
    timeout: '5s',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
  })
  expect((await api.admin('GET', `/v1/webhooks/${body.id}`)).body).toEqual(shown)
})

test('has the promised policy when none is given', async () => {
  const { retry, timeout } = await make({ url: full.url, eventTypes: [1] })
  expect(retry).toMatchObject({ maximumAttempts: 5, initialInterval: '2s', backoffCoefficient: 2 })
  expect(timeout).toBe('15s')
})

test('never answers or logs what it hides', async () => {
  const { id, secret } = await make()
  const answers = [
    await api.admin('GET', `/v1/webhooks/${id}`),
    await api.admin('GET', '/v1/webhooks'),
    await api.admin('PATCH', `/v1/webhooks/${id}`, { auth: full.auth, headers: { 'X-Api-Key': 'canary-value' } }),
    await api.admin('POST', `/v1/webhooks/${id}/pause`),
    await api.admin('POST', `/v1/webhooks/${id}/resume`),
  ]
  const record = JSON.stringify(await api.store.models.webhooks.findById(id).lean())
  for (const hidden of [...SECRETS, secret]) {
    for (const { text } of answers) expect(text).not.toContain(hidden)
    expect(record).not.toContain(hidden)
    expect(api.logged.join()).not.toContain(hidden)
  }
})

test('changes what is named and keeps the rest', async () => {
  const { id, secret } = await make()
  const patch = async (body: object) => (await api.admin('PATCH', `/v1/webhooks/${id}`, body)).body
  expect(await patch({ url: 'https://example.com/new', eventTypes: [2], retry: { maximumAttempts: 2 } })).toMatchObject({
    url: 'https://example.com/new',
    eventTypes: ['UPDATE ACCOUNT'],
    retry: { maximumAttempts: 2, initialInterval: '500ms', maximumInterval: '2m' },
    auth: { type: 'basic' },
    description: 'Core banking',
  })
  expect(await secretsOf(id)).toMatchObject({ signingSecrets: [secret], auth: { password: 'hunter2:ü' } })

  expect((await patch({ headers: { 'x-api-key': 'new', 'X-Branch': null } })).headers).toEqual(['x-api-key'])
  expect((await secretsOf(id))?.headers).toEqual({ 'x-api-key': 'new' })

  const bare = await patch({ auth: null, headers: null, retry: null, timeout: null, description: null })
  expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['auth']))
  expect(bare).toMatchObject({ retry: { maximumAttempts: 5 }, timeout: '15s' })
  expect(bare.headers).toBeUndefined()
  expect(bare.description).toBeUndefined()
  expect(await secretsOf(id)).toEqual({ signingSecrets: [secret] })
})

test.each<[object, string, string | RegExp]>([
  [{ url: undefined }, 'url', 'is required'],
  [{ url: 'ftp://example.com' }, 'url', /https:\/\/ or http:\/\//],
  [{ url: 'http://10.0.0.1/' }, 'url', /not public/],
  [{ url: 'http://127.0.0.1:7233/' }, 'url', /never called/],
  [{ url: 'https://user:pw@example.com/' }, 'url', /auth/],
  [{ url: 'https://example.com/a\r\nHost: b' }, 'url', /control characters/],
  [{ eventTypes: [] }, 'eventTypes', /at least one/],
  [{ eventTypes: [1, 'NO SUCH'] }, 'eventTypes[1]', /known: CREATE ACCOUNT \(1\)/],
  [{ auth: { type: 'basic', username: 'a:b', password: '' } }, 'auth.username', /colon/],
  [{ auth: { type: 'basic', username: 'a', password: 'b\n' } }, 'auth.password', /control characters/],
  [{ auth: { type: 'digest', username: 'a', password: 'b' } }, 'auth.type', /"basic", "bearer" or "oauth2"/],
  [{ headers: { Authorization: 'x' } }, 'headers.Authorization', /auth/],
  [{ headers: { 'Webhook-Id': 'x' } }, 'headers.Webhook-Id', /not allowed/],
  [{ headers: { 'herald-x': 'x' } }, 'headers.herald-x', /not allowed/],
  [{ headers: { 'Content-Length': '1' } }, 'headers.Content-Length', /not allowed/],
  [{ headers: { 'transfer-encoding': 'chunked' } }, 'headers.transfer-encoding', /not allowed/],
  [{ headers: { 'bad name': 'x' } }, 'headers.bad name', /header name/],
  [{ headers: { 'x-a': 'a\r\nb: c' } }, 'headers.x-a', /one line/],
  [{ headers: { 'x-a': 'a\0' } }, 'headers.x-a', /one line/],
  [{ headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, ''])) }, 'headers', /at most 20/],
  [{ retry: { maximumAttempts: 0 } }, 'retry.maximumAttempts', 'must be at least 1'],
  [{ retry: { maximumAttempts: 21 } }, 'retry.maximumAttempts', 'must be at most 20'],
  [{ retry: { initialInterval: '2 seconds' } }, 'retry.initialInterval', /from 100ms to 1h, such as "2s"/],
  [{ retry: { initialInterval: 2 } }, 'retry.initialInterval', /such as "2s"/],
  [{ retry: { initialInterval: '10s', maximumInterval: '1s' } }, 'retry.maximumInterval', /shorter/],
  [{ retry: { backoffCoefficient: 0.5 } }, 'retry.backoffCoefficient', 'must be at least 1'],
  [{ timeout: '31s' }, 'timeout', /500ms to 30s/],
  [{ secret: 'mine' }, 'secret', /not known here/],
])('refuses %j', async (change, path, message) => {
  const { status, body } = await api.admin('POST', '/v1/webhooks', { ...full, ...change })
  expect(status).toBe(400)
  expect(body.errors).toEqual([{ path, message: expect.stringMatching(message) }])
})

test('pauses, disables, resumes and deletes', async () => {
  const { id } = await make()
  expect((await api.admin('POST', `/v1/webhooks/${id}/pause`)).body.status).toBe('paused')
  expect((await api.admin('POST', `/v1/webhooks/${id}/pause`)).status).toBe(200)
  expect((await api.admin('POST', `/v1/webhooks/${id}/resume`)).body.status).toBe('active')
  expect((await api.admin('POST', `/v1/webhooks/${id}/disable`)).body.status).toBe('disabled')
  expect((await api.admin('POST', `/v1/webhooks/${id}/pause`)).body.currentStatus).toBe('disabled')
  expect((await api.admin('POST', `/v1/webhooks/${id}/resume`)).body.status).toBe('active')
  expect((await api.admin('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
  expect((await api.admin('GET', `/v1/webhooks/${id}`)).status).toBe(404)
  expect((await api.admin('DELETE', `/v1/webhooks/${id}`)).status).toBe(404)
})

test('lists page by page, newest first', async () => {
  const client = await api.withScopes(['manage', 'read'], await newTenant())
  const made: string[] = []
  for (let i = 0; i < 5; i += 1) made.unshift((await client('POST', '/v1/webhooks', { url: full.url, eventTypes: [1] })).body.id)
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await client('GET', `/v1/webhooks?limit=2${cursor}`)
    seen.push(...body.data.map((webhook: { id: string }) => webhook.id))
    cursor = body.nextCursor && `&cursor=${body.nextCursor}`
  } while (cursor)
  expect(seen).toEqual(made)
})

async function newTenant(): Promise<string> {
  await api.admin('POST', '/v1/tenants', { id: 'pages' })
  return 'pages'
}
