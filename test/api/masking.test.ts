import { maskedJson, maskedText } from '../../src/domain/masking'
import { createOutcomeStore } from '../../src/store/outcomes'
import { newDelivery } from '../support/new-delivery'
import { testVaults } from '../support/vaults'
import type { Client } from './client'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const DATA = { id: 'acc-7', accountType: 'Savings', currency: 'EUR', balance: '1.10', owners: [{ name: 'canary', age: 41, vip: true }, null] }
const MASKED = { id: '***', accountType: '***', currency: '***', balance: '***', owners: [{ name: '***', age: '***', vip: '***' }, null] }
const answered = (body: string) => ({ status: 500, headers: { 'content-type': 'application/json', 'x-of': 'canary' }, body, truncated: false })

/** An event with a delivery of one attempt, looked at by each. */
async function look(id: string, callers: Record<string, Client>, body = '{"echo":{"name":"canary"}}') {
  expect((await api.admin('POST', '/v1/events', { id, type: 1, data: DATA })).status).toBe(202)
  const delivery = newDelivery({ id: `dlv_${id}`, tenantId: 'default', eventId: id, typeId: 1 })
  await api.store.models.hot.deliveries.insertOne({ ...delivery, _id: delivery.id })
  const outcome = { kind: 'failed' as const, reason: 'status' as const, status: 500, detail: 'Answered 500' }
  const exchange = { startedAt: new Date(), durationMs: 5, request: { url: 'https://a.example/', headers: {} }, response: answered(body), outcome }
  await createOutcomeStore(api.store.models, testVaults(api.store.models)).record([{ tenantId: 'default', deliveryId: delivery.id, number: 1, exchange }])
  const seen = Object.entries(callers).map(async ([name, call]) => {
    const [event, one] = await Promise.all([call('GET', `/v1/events/${id}`), call('GET', `/v1/deliveries/${delivery.id}`)])
    return [name, { data: event.body.data, masked: event.body.masked, response: one.body.attempts[0].response, entityId: event.body.entityId }] as const
  })
  return Object.fromEntries(await Promise.all(seen))
}

it('shows data and answers to who has the scope for it, and their structure alone to others', async () => {
  const [read, data] = await Promise.all([api.withScopes(['read']), api.withScopes(['read', 'data'])])
  const seen = await look('evt-1', { admin: api.admin, read, data })

  for (const name of ['admin', 'data']) expect(seen[name]).toEqual({ data: DATA, masked: undefined, entityId: 'acc-7', response: answered('{"echo":{"name":"canary"}}') })
  expect(seen['read']).toEqual({
    data: MASKED,
    masked: true,
    entityId: 'acc-7',
    response: { status: 500, headers: { 'content-type': 'application/json', 'x-of': '***' }, body: '{"echo":{"name":"***"}}', truncated: false, masked: true },
  })
})

it('lets keys from before there was the scope read what they read, and says that they have it', async () => {
  const { body: older } = await api.admin('POST', '/v1/api-keys', { name: 'older', scopes: ['read'] })
  await api.store.models.apiKeys.updateOne({ _id: older.id }, { $unset: { dataApart: '' } })
  const seen = await look('evt-2', { older: api.as(`Bearer ${older.key}`) })

  expect(seen['older']).toMatchObject({ data: DATA, masked: undefined })
  const { body } = await api.admin('GET', '/v1/api-keys')
  expect(body.data.find(({ id }: { id: string }) => id === older.id).scopes).toEqual(['read', 'data'])
})

it('answers no question about data by way of a filter', async () => {
  const read = await api.withScopes(['read'])
  const { status, body } = await read('POST', '/v1/webhooks/filter-test', { eventTypes: [1], filter: { path: 'balance', gte: '1.00' } })
  expect([status, body.detail]).toEqual([403, expect.stringContaining('scope "data"')])
})

it.each([
  ['no JSON', 'Name: canary', '***'],
  ['nothing', '', ''],
  ['a number', '4711', '"***"'],
  ['cut off', '{"a":"canary', '***'],
])('masks an answer that is %s', (_, text, shown) => {
  expect(maskedText(text)).toBe(shown)
})

it('masks what is deeper than any event may be, whatever a receiver sends', () => {
  const text = maskedText(`${'['.repeat(8_000)}"canary"${']'.repeat(8_000)}`)
  expect(text).not.toContain('canary')
  expect(text.length).toBeLessThan(200)
  expect(maskedJson('{"__proto__":{"a":1},"n":null}')).toBe('{"__proto__":{"a":"***"},"n":null}')
})

it('reveals the signing secrets to who may, with a line in the audit log, and to nobody by looking', async () => {
  const { body: made } = await api.admin('POST', '/v1/webhooks', { url: 'http://127.0.0.1:8099/hook', eventTypes: [5] })
  const { body: rotated } = await api.admin('POST', `/v1/webhooks/${made.id}/rotate-secret`, {})
  const may = await api.withScopes(['reveal'])
  const mayNot = await api.withScopes(['read', 'data', 'manage', 'retry', 'access'])

  const { status, body, headers } = await may('POST', `/v1/webhooks/${made.id}/reveal-secret`)
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(body).toEqual({ id: made.id, secret: rotated.secret, retiring: [{ secret: made.secret, until: expect.any(String) }] })
  expect((await mayNot('POST', `/v1/webhooks/${made.id}/reveal-secret`)).status).toBe(403)
  expect(JSON.stringify((await api.admin('GET', `/v1/webhooks/${made.id}`)).body)).not.toContain('whsec_')
  const { body: audit } = await api.admin('GET', `/v1/audit?target=${made.id}`)
  expect(audit.data[0]).toMatchObject({ action: 'POST /v1/webhooks/{id}/reveal-secret', status: 200, actor: { kind: 'key' } })
  expect(JSON.stringify(audit)).not.toContain('whsec_')
})
