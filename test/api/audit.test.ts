import type { ApiDeps } from '../../src/api/app'
import { StoreAway } from '../../src/store/errors'
import { addUser, openBrowser, PASSWORD, tokenOf } from './browser'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

interface Line {
  number: number
  actor: { kind: string; id: string }
  action: string
  target: string[]
  fields: string[]
  status: number
  from: string
  begun?: number
  changes?: { field: string }[]
}
const lines = async (query = '', headers: Record<string, string> = {}): Promise<Line[]> => (await api.admin('GET', `/v1/audit?${query}`, undefined, headers)).body.data

const webhook = { url: 'https://example.com/hook', eventTypes: [1], auth: { type: 'basic', username: 'u', password: 'audit-canary' } }

test('every change has a line before it is answered: who, what, about what, from where and with which end', async () => {
  const made = await api.admin('POST', '/v1/webhooks', webhook)
  const { id } = made.body
  expect((await lines())[0]).toMatchObject({
    actor: { kind: 'key', id: 'admin' },
    action: 'POST /v1/webhooks',
    target: [id],
    fields: ['url', 'eventTypes', 'auth'],
    status: 201,
    from: '127.0.0.1',
  })
  await api.admin('PATCH', `/v1/webhooks/${id}`, { description: 'to another place', auth: { ...webhook.auth, password: 'audit-canary-2' }, url: 'https://example.com/?token=audit-canary' })
  expect((await lines())[0]).toMatchObject({ action: 'PATCH /v1/webhooks/{id}', target: [id], fields: ['url', 'description', 'auth'], status: 200 })
  expect((await lines())[0]?.changes).toEqual([
    { field: 'url', before: '"https://example.com/hook"', after: '"https://example.com/?token=…"' },
    { field: 'description', after: '"to another place"' },
    { field: 'auth', before: '{"type":"basic"}', after: '{"type":"basic"}', hidden: true },
  ])
  await api.admin('POST', `/v1/webhooks/${id}/pause`)
  expect((await lines())[0]?.changes).toEqual([{ field: 'status', before: '"active"', after: '"paused"' }])
  await api.admin('POST', '/v1/deliveries/dlv_none/retry')
  await api.admin('DELETE', `/v1/webhooks/${id}`)
  expect((await lines()).slice(0, 3).map(({ action, target, status }) => [action, target, status])).toEqual([
    ['DELETE /v1/webhooks/{id}', [id], 204],
    ['POST /v1/deliveries/{id}/retry', ['dlv_none'], 404],
    ['POST /v1/webhooks/{id}/pause', [id], 200],
  ])
  const text = JSON.stringify(await api.store.models.auditLines.find().lean())
  for (const secret of ['audit-canary', made.body.secret.slice(6)]) expect(text).not.toContain(secret)
})

test('reads and publishing have none', async () => {
  const [before] = await lines()
  await api.admin('GET', '/v1/webhooks')
  await api.admin('POST', '/v1/events', { type: 5, data: { id: 't-1' } })
  await api.admin('POST', '/v1/webhooks/check-url', { url: 'https://example.com' })
  expect((await lines())[0]).toEqual(before)
})

test('what only counts has none', async () => {
  const { id: webhookId } = (await api.admin('POST', '/v1/webhooks', webhook)).body
  const [before] = await lines()
  expect((await api.admin('POST', '/v1/erasures', { entityId: 'x-1', dryRun: true })).status).toBe(200)
  for (const more of [{ action: 'retry', filter: {} }, { action: 'replay', filter: { webhookId, from: '2026-01-31' } }]) {
    expect((await api.admin('POST', '/v1/releases', { ...more, dryRun: true })).status).toBe(200)
  }
  expect((await lines())[0]).toEqual(before)
  await api.admin('POST', '/v1/releases', { action: 'cancel', filter: { entityId: 'x-1' } })
  expect((await lines())[0]).toMatchObject({ action: 'POST /v1/releases', status: 201 })
  await api.admin('POST', '/v1/erasures', { entityId: 'x-1' })
  expect((await lines())[0]).toMatchObject({ action: 'POST /v1/erasures', target: expect.arrayContaining(['x-1']) })
})

test('sign-ins have one, in the book of the tenant of the account; so have tries that failed, which name no account that is not there', async () => {
  await api.admin('POST', '/v1/tenants', { id: 'bank-a' })
  const inA = { 'herald-tenant': 'bank-a' }
  const user = await addUser(api, 'ann@bank.example', { role: 'administrator', tenantId: 'bank-a' })
  const browser = openBrowser(api)
  await browser.signIn('ann@bank.example', 'wrong password of a test')
  await browser.signIn('ann@bank.example', PASSWORD)
  expect((await lines('', inA))[0]).toMatchObject({ actor: { kind: 'user', id: user.id }, action: 'POST /v1/session', fields: ['email', 'password'], status: 200 })
  expect((await lines('action=POST%20%2Fv1%2Fsession', inA))[1]).toMatchObject({ actor: { kind: 'nobody' }, target: [user.id], status: 401, from: '127.0.0.1' })
  expect((await lines('action=POST%20%2Fv1%2Fsetup', inA))[0]).toMatchObject({ target: [user.id], status: 200 })
  await browser.signIn('a password in the wrong field', PASSWORD)
  expect((await lines('action=POST%20%2Fv1%2Fsession'))[0]).toMatchObject({ actor: { kind: 'nobody' }, target: [], status: 401 })
  expect(JSON.stringify(await api.store.models.auditLines.find().lean())).not.toContain('in the wrong field')
  const { body } = await api.admin('POST', `/v1/users/${user.id}/password-link`, {}, inA)
  await api.as(undefined)('POST', '/v1/setup', { token: tokenOf(body.link), password: 'short' })
  expect((await lines('action=POST%20%2Fv1%2Fsetup', inA))[0]).toMatchObject({ target: [user.id], status: 400 })
})

test('lines are filtered, paged and exported, for administrators of their tenant alone', async () => {
  const key = await api.admin('POST', '/v1/api-keys', { name: 'n', scopes: ['manage'] })
  const { body: mine } = await api.as(`Bearer ${key.body.key}`)('POST', '/v1/webhooks', webhook)
  expect((await lines(`actor=${key.body.id}`)).map(({ target }) => target)).toEqual([[mine.id]])
  expect((await lines(`target=${mine.id}`)).map(({ actor }) => actor.id)).toEqual([key.body.id])
  expect(await lines('to=2020-01-01')).toEqual([])
  expect((await lines('address=127.0.0.1&limit=1'))).toHaveLength(1)
  expect(await lines('address=10.0.0.1')).toEqual([])
  const { body: page } = await api.admin('GET', '/v1/audit?limit=1')
  expect((await lines(`limit=1&cursor=${page.nextCursor}`))[0]?.number).toBe(page.data[0].begun - 1)

  const exported = await api.admin('GET', '/v1/audit/export?after=1')
  expect(exported.headers.get('content-type')).toBe('application/x-ndjson')
  const numbers = exported.text.trim().split('\n').map((line) => (JSON.parse(line) as Line).number)
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => n + 2))
  const { text } = await api.admin('GET', `/v1/audit/export?format=csv&target=${mine.id}`)
  const [head, row, ...more] = text.split('\r\n')
  expect(head).toBe('number,at,actorKind,actorId,action,target,fields,status,from,begun,changes,hash')
  expect(row).toMatch(new RegExp(`^\\d+,[^,]+Z,key,${key.body.id},POST /v1/webhooks,${mine.id},url eventTypes auth,201,127.0.0.1,\\d+,,[0-9a-f]{64}$`))
  expect(more).toEqual([''])
  expect((await (await api.withScopes(['read', 'manage', 'retry', 'publish']))('GET', '/v1/audit')).status).toBe(403)
})

test('a change is on record before it is made: where no end can be written, its line stands alone', async () => {
  const apart = await startApi({
    steering: { pause: async () => Promise.reject(new StoreAway(new Error('gone'))) } as unknown as ApiDeps['steering'],
  })
  const { body } = await apart.admin('POST', '/v1/webhooks', webhook)
  expect((await apart.admin('POST', `/v1/webhooks/${body.id}/pause`)).status).toBe(503)
  const { data } = (await apart.admin('GET', '/v1/audit')).body
  expect(data[0]).toMatchObject({ action: 'POST /v1/webhooks/{id}/pause', target: [body.id], actor: { kind: 'key', id: 'admin' } })
  expect(data[0]).not.toHaveProperty('status')
  expect((await apart.admin('GET', '/v1/audit/verify')).body).toMatchObject({ whole: true, open: [data[0].number] })
  await apart.stop()
})

test('says whether a line was changed', async () => {
  expect((await api.admin('GET', '/v1/audit/verify')).body).toMatchObject({ whole: true, lines: expect.any(Number), lastHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  const number = (await lines())[0]?.number ?? 0
  await api.store.models.auditLines.updateOne({ tenantId: 'default', number: number - 1 }, { $set: { from: '10.9.9.9' } })
  expect((await api.admin('GET', '/v1/audit/verify')).body).toMatchObject({ whole: false, brokenAt: number - 1 })
})
