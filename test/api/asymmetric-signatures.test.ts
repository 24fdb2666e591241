import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { startReceiver, type ReceivedRequest, type Receiver } from '../support/receiver'
import { startApi, type TestApi } from './start-api'

let api: TestApi
let receiver: Receiver
beforeAll(async () => {
  api = await startApi()
  receiver = await startReceiver()
})
afterAll(async () => {
  await api.stop()
  await receiver.close()
})

const make = async (given: object = { signatures: ['v1', 'v1a'] }) => (await api.admin('POST', '/v1/webhooks', { url: receiver.url, eventTypes: [5], ...given })).body
const patch = (id: string, body: object) => api.admin('PATCH', `/v1/webhooks/${id}`, body)
const rotate = (id: string, body: object = {}) => api.admin('POST', `/v1/webhooks/${id}/rotate-key`, body)
const jwksOf = async (id: string) => {
  const response = await fetch(`${api.url}/v1/webhooks/${id}/jwks`)
  return { status: response.status, headers: response.headers, body: (await response.json()) as { keys: (JsonWebKey & { kid: string })[]; detail?: string } }
}

async function received(id: string): Promise<ReceivedRequest> {
  const before = receiver.requests.length
  await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  const request = receiver.requests[before]
  if (!request) throw new Error('no POST has arrived')
  return request
}

const kindsOf = ({ headers }: ReceivedRequest): string[] => String(headers['webhook-signature']).split(' ').map((one) => one.split(',')[0] ?? '')

/** As the specification tells it, by nothing of Herald's: one of the signatures `v1a` is right for `id.timestamp.body`. */
function verifies({ headers, rawBody }: ReceivedRequest, key: { key: JsonWebKey; format: 'jwk' } | string): boolean {
  const spki = (text: string) => ({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(text.replace(/^whpk_/, ''), 'base64')]), format: 'der' as const, type: 'spki' as const })
  const publicKey = createPublicKey(typeof key === 'string' ? spki(key) : key)
  const content = Buffer.from(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${rawBody}`)
  return String(headers['webhook-signature']).split(' ').some((one) => one.startsWith('v1a,') && verify(null, content, publicKey, Buffer.from(one.slice(4), 'base64')))
}

test('POSTs are signed with the secret alone unless more is asked for', async () => {
  const { id, signatures, publicKey } = await make({})
  expect([signatures, publicKey]).toEqual([['v1'], undefined])
  expect(kindsOf(await received(id))).toEqual(['v1'])
  expect((await jwksOf(id)).status).toBe(404)
})

test('both kinds sign where both are asked for, and anybody verifies with the public key', async () => {
  const { id, publicKey, signatures } = await make({ signatures: ['v1a', 'v1'] })
  expect(signatures).toEqual(['v1', 'v1a'])
  expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
  const request = await received(id)
  expect(kindsOf(request)).toEqual(['v1', 'v1a'])
  expect(verifies(request, publicKey)).toBe(true)
  expect(verifies({ ...request, rawBody: `${request.rawBody} ` }, publicKey)).toBe(false)
  expect(verifies(request, (await make()).publicKey)).toBe(false)

  const { status, headers, body } = await jwksOf(id)
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300'])
  expect(body.keys).toEqual([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', x: expect.any(String), kid: publicKey }])
  expect(verifies(request, { key: body.keys[0] as JsonWebKey, format: 'jwk' })).toBe(true)
})

test('the private key is never shown, logged or stored in the clear', async () => {
  const { id } = await make()
  const answers = [await api.admin('GET', `/v1/webhooks/${id}`), await rotate(id), await patch(id, { description: 'x' })]
  const record = JSON.stringify(await api.store.models.webhooks.findById(id).lean())
  for (const text of [...answers.map((answer) => answer.text), record, api.logged.join(), JSON.stringify((await jwksOf(id)).body)]) expect(text).not.toMatch(/whsk_|"d":/)
})

test('a replaced key signs beside the new one while they overlap, and both public keys are told', async () => {
  const { id, publicKey: old } = await make({ signatures: ['v1a'] })
  const { status, body } = await rotate(id)
  expect(status).toBe(200)
  expect(body.publicKey).not.toBe(old)
  expect(body.retiringPublicKeys).toEqual([{ publicKey: old, until: expect.any(String) }])
  expect(Math.abs(Date.parse(body.retiringPublicKeys[0].until) - Date.now() - 86_400_000)).toBeLessThan(60_000)
  const request = await received(id)
  expect(kindsOf(request)).toEqual(['v1a', 'v1a'])
  expect([old, body.publicKey].map((key) => verifies(request, key))).toEqual([true, true])
  expect((await jwksOf(id)).body.keys.map(({ kid }) => kid)).toEqual([body.publicKey, old])

  // The secret is replaced apart.
  expect((await api.admin('POST', `/v1/webhooks/${id}/rotate-secret`, {})).body).toMatchObject({ publicKey: body.publicKey, retiringSecretsUntil: [expect.any(String)] })
  expect((await rotate(id)).status).toBe(200)
  expect(await rotate(id)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('3 keys are live') } })

  const { body: last } = await rotate(id, { overlap: '0s' })
  expect(last.retiringPublicKeys).toBeUndefined()
  const alone = await received(id)
  expect([old, body.publicKey, last.publicKey].map((key) => verifies(alone, key))).toEqual([false, false, true])
})

test('a key pair is made when it is first asked for, and is the same when it is asked for again', async () => {
  const { id } = await make({})
  expect(await rotate(id)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('PATCH its signatures') } })
  const { body: both } = await patch(id, { signatures: ['v1', 'v1a'] })
  expect(both).toMatchObject({ signatures: ['v1', 'v1a'], publicKey: expect.stringMatching(/^whpk_/) })
  const { body: without } = await patch(id, { signatures: null })
  expect([without.signatures, without.publicKey]).toEqual([['v1'], undefined])
  expect((await jwksOf(id)).status).toBe(404)
  expect((await patch(id, { signatures: ['v1a'], headers: { 'x-a': '1' } })).body.publicKey).toBe(both.publicKey)
})

test('who has no key is told the same of a webhook without public keys, one that was deleted, and one that never was', async () => {
  const [without, deleted] = [await make({}), await make()]
  await api.admin('DELETE', `/v1/webhooks/${deleted.id}`)
  const answers = await Promise.all([without.id, deleted.id, 'whk_none'].map(jwksOf))
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
})

test.each([[[]], [['v2']], [['v1', 'v1', 'v1']], ['v1a']])('refuses the signatures %j', async (signatures) => {
  const { status, body } = await api.admin('POST', '/v1/webhooks', { url: receiver.url, eventTypes: [5], signatures })
  expect([status, body.errors[0].path]).toEqual([400, expect.stringMatching(/^signatures/)])
})
