import pino from 'pino'
import { Webhook } from 'standardwebhooks'
import { createSealer } from '../../src/delivery/seal'
import { rotated, type Rotation } from '../../src/domain/signing-secrets'
import { createWebhookStore } from '../../src/store/webhooks'
import { startReceiver, type ReceivedRequest } from '../support/receiver'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const make = async (given: object = {}): Promise<{ id: string; secret: string }> =>
  (await api.admin('POST', '/v1/webhooks', { url: 'http://127.0.0.1:8099/hook', eventTypes: [5], ...given })).body
const rotate = (id: string, body: object = {}) => api.admin('POST', `/v1/webhooks/${id}/rotate-secret`, body)

const accepts = (secret: string, { rawBody, headers }: ReceivedRequest): boolean => {
  try {
    new Webhook(secret).verify(rawBody, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

test('both secrets sign while they overlap, so that a receiver with either accepts; the new one is shown once', async () => {
  const receiver = await startReceiver()
  const { id, secret: old } = await make({ url: receiver.url })
  const { status, body } = await rotate(id)
  expect(status).toBe(200)
  expect(body.secret).toMatch(/^whsec_/)
  expect(body.secret).not.toBe(old)
  const ends = Date.parse(body.retiringSecretsUntil[0]) - Date.now()
  expect(Math.abs(ends - 86_400_000)).toBeLessThan(60_000)

  await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  const [both] = receiver.requests
  expect(both?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  for (const secret of [old, body.secret]) expect(both && accepts(secret, both)).toBe(true)

  const seen = await api.admin('GET', `/v1/webhooks/${id}`)
  expect(seen.body.retiringSecretsUntil).toEqual(body.retiringSecretsUntil)
  for (const secret of [old, body.secret]) {
    expect(seen.text).not.toContain(secret)
    expect(JSON.stringify(await api.store.models.webhooks.findById(id).lean())).not.toContain(secret)
    expect(api.logged.join()).not.toContain(secret)
  }
  await receiver.close()
})

test('an old secret signs no more after its time, or at once with an overlap of 0s', async () => {
  const receiver = await startReceiver()
  const { id, secret: old } = await make({ url: receiver.url })
  const { body: second } = await rotate(id, { overlap: '1s' })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  expect((await api.admin('GET', `/v1/webhooks/${id}`)).body.retiringSecretsUntil).toBeUndefined()
  const { body: third } = await rotate(id, { overlap: '0s' })
  await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  const [afterTime, atOnce] = receiver.requests
  if (!afterTime || !atOnce) throw new Error('two POSTs were to arrive')
  expect([old, second.secret].map((secret) => accepts(secret, afterTime))).toEqual([false, true])
  expect([old, second.secret, third.secret].map((secret) => accepts(secret, atOnce))).toEqual([false, false, true])
  await receiver.close()
})

test('no more than three secrets are live, and one that has leaked can be ended all the same', async () => {
  const { id } = await make()
  expect((await rotate(id)).status).toBe(200)
  const { body } = await rotate(id, { overlap: '2d' })
  expect(body.retiringSecretsUntil).toHaveLength(2)
  const refused = await rotate(id)
  expect(refused.status).toBe(409)
  expect(refused.body.detail).toContain('overlap "0s"')
  expect(refused.body.nextEnds).toBe(body.retiringSecretsUntil.toSorted()[0])
  expect((await rotate(id, { overlap: '0s' })).body.retiringSecretsUntil).toBeUndefined()
})

test('credentials that are changed keep the secrets that overlap', async () => {
  const { id } = await make({ headers: { 'x-a': '1' } })
  const { body } = await rotate(id)
  const { body: patched } = await api.admin('PATCH', `/v1/webhooks/${id}`, { headers: { 'x-b': '2' } })
  expect(patched).toMatchObject({ headers: ['x-a', 'x-b'], retiringSecretsUntil: body.retiringSecretsUntil })
})

test('of changes of the secrets in the same moment, none undoes another', async () => {
  const { id } = await make()
  const all = await Promise.all(Array.from({ length: 6 }, (_, i) => api.admin('PATCH', `/v1/webhooks/${id}`, { headers: { [`x-${i}`]: 'v' } })))
  const done = all.flatMap(({ status }, i) => (status === 200 ? [`x-${i}`] : []))
  expect(all.filter(({ status }) => status === 409)).toHaveLength(6 - done.length)
  expect((await api.admin('GET', `/v1/webhooks/${id}`)).body.headers.toSorted()).toEqual(done)

  const webhooks = createWebhookStore(api.store.models, createSealer(Buffer.alloc(32, 7)), pino({ enabled: false }))
  const asRead = await webhooks.open('default', id)
  if (!asRead) throw new Error('the webhook is there')
  const { body } = await rotate(id, { overlap: '0s' })
  expect(await webhooks.replaceSecrets(asRead, asRead.secrets)).toBeUndefined()
  expect(await webhooks.update('default', id, {}, asRead.secrets, asRead)).toBeUndefined()
  expect((await webhooks.open('default', id))?.secrets.signingSecrets).toEqual([body.secret])
})

test.each([
  [{ overlap: '8d' }, 400],
  [{ overlap: 'soon' }, 400],
  [{ later: true }, 400],
])('refuses %j', async (body, status) => {
  const { id } = await make()
  expect((await rotate(id, body)).status).toBe(status)
})

test('needs the scope manage, and finds the webhooks of its tenant alone', async () => {
  const { id } = await make()
  const reader = await api.withScopes(['read', 'retry', 'publish'])
  expect((await reader('POST', `/v1/webhooks/${id}/rotate-secret`, {})).status).toBe(403)
  expect((await rotate('whk_none')).status).toBe(404)
})

test('a secret that has ended makes room for another one', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const secretsOf = (rotation: Rotation) => (rotation.kind === 'rotated' ? rotation.secrets : { signingSecrets: [] })
  const once = secretsOf(rotated({ signingSecrets: ['a'] }, 'b', 1_000, now))
  const twice = secretsOf(rotated(once, 'c', 60_000, now))
  expect(rotated(twice, 'd', 1_000, now)).toEqual({ kind: 'too many', nextEnds: '2026-01-01T00:00:01.000Z' })
  expect(secretsOf(rotated(twice, 'd', 1_000, new Date(now.getTime() + 2_000))).retiring?.map(({ secret }) => secret)).toEqual(['c', 'b'])
})
