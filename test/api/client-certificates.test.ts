import { generateKeyPairSync } from 'node:crypto'
import { describeCertificate } from '../../src/delivery/client-certificate'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import type { Outlet } from '../../src/delivery/pools'
import { startTlsServer, type TlsServer } from '../delivery/tls-server'
import { createAuthority, type Authority, type Issued } from '../support/certificates'
import { startApi, type TestApi } from './start-api'

const DAY_MS = 86_400_000
let api: TestApi
let authority: Authority
let client: Issued
let server: TlsServer
let dispatcher: Outlet
beforeAll(async () => {
  authority = await createAuthority()
  client = await authority.issue({ name: 'herald of the bank', names: [], client: true })
  const receiver = await authority.issue()
  server = await startTlsServer({ cert: receiver.certificate, key: receiver.key, ca: authority.certificate, requestCert: true })
  dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [], lookup: async () => [{ address: '127.0.0.1', family: 4 }], ca: [authority.certificate] })
  api = await startApi({ post: createPostEvent({ dispatcher, userAgent: 'Herald/test' }) })
})
afterAll(async () => {
  await api.stop()
  await dispatcher.destroy()
  await server.close()
})

const given = ({ certificate, key }: Issued) => ({ certificate, privateKey: key })

/** Its month is the thirteenth, which OpenSSL minds when it compares times, not when it reads them. */
function undated({ certificate, key }: Issued, which: 'notBefore' | 'notAfter') {
  const der = Buffer.from(certificate.replaceAll(/-----.*-----/g, ''), 'base64')
  const first = der.indexOf(Buffer.from([0x17, 13]))
  der.write('361301000000Z', which === 'notBefore' ? first + 2 : first + 17, 'latin1')
  return { certificate: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`, privateKey: key }
}

const make = (clientCertificate: unknown, more: object = {}) => api.admin('POST', '/v1/webhooks', { url: server.url(), eventTypes: [1], clientCertificate, ...more })

test('a webhook shows itself with its certificate, and answers say whose it is and never the key', async () => {
  // With the one that vouches for it after it.
  const made = await make({ certificate: client.certificate + authority.certificate, privateKey: client.key })
  expect(made.status).toBe(201)
  const { id, clientCertificate } = made.body
  expect(clientCertificate).toEqual({
    subject: 'CN=herald of the bank',
    issuer: 'CN=Authority of a test',
    validFrom: expect.any(String),
    expiresAt: expect.any(String),
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  })
  expect((await api.admin('POST', `/v1/webhooks/${id}/test`, {})).body).toMatchObject({ outcome: 'delivered' })
  expect(server.clients).toEqual([client.serialNumber])

  const texts = [made.text, (await api.admin('GET', `/v1/webhooks/${id}`)).text, JSON.stringify(await api.store.models.webhooks.findById(id).lean()), api.logged.join()]
  const [, , line = ''] = client.key.split('\n')
  for (const text of texts) expect(text).not.toContain(line)

  const renewed = await authority.issue({ names: [], client: true })
  const { body } = await api.admin('PATCH', `/v1/webhooks/${id}`, { clientCertificate: given(renewed) })
  expect(body.clientCertificate.fingerprint).not.toBe(clientCertificate.fingerprint)
  // What else is hidden stays, and it stays with what else is changed.
  expect((await api.admin('PATCH', `/v1/webhooks/${id}`, { headers: { 'x-a': '1' } })).body).toMatchObject({ headers: ['x-a'], clientCertificate: body.clientCertificate })
  await api.admin('POST', `/v1/webhooks/${id}/test`, {})
  expect(server.clients.at(-1)).toBe(renewed.serialNumber)
  expect((await api.admin('PATCH', `/v1/webhooks/${id}`, { clientCertificate: null })).body).not.toHaveProperty('clientCertificate')
})

test('goes with https alone, also when the URL is changed later', async () => {
  const plain = await make(given(client), { url: 'http://127.0.0.1:8099/' })
  expect([plain.status, plain.body.errors]).toEqual([400, [{ path: 'clientCertificate', message: 'goes with an https URL only' }]])
  const { body } = await make(given(client))
  expect((await api.admin('PATCH', `/v1/webhooks/${body.id}`, { url: 'http://127.0.0.1:8099/' })).status).toBe(400)
  expect((await api.admin('PATCH', `/v1/webhooks/${body.id}`, { url: 'http://127.0.0.1:8099/', clientCertificate: null })).status).toBe(200)
})

test('one without a time, kept from before, ends no list of webhooks', () => {
  expect(describeCertificate(undated(client, 'notAfter'))).toBeUndefined()
})

test('is refused, with what is wrong with it, where no receiver would accept it', async () => {
  const day = (days: number) => new Date(Date.now() + days * DAY_MS)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
  const { privateKey: large } = generateKeyPairSync('rsa', { modulusLength: 4_104, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
  const cases: [unknown, string, RegExp][] = [
    [given(await authority.issue({ client: true, notBefore: day(-9), notAfter: day(-1) })), 'certificate', /^has expired on \d{4}-/],
    [given(await authority.issue({ client: true, notBefore: day(1), notAfter: day(9) })), 'certificate', /^is not valid before \d{4}-/],
    [undated(client, 'notBefore'), 'certificate', /says no time/],
    [undated(client, 'notAfter'), 'certificate', /says no time/],
    [given(await authority.issue()), 'certificate', /not for client authentication/],
    [{ ...given(client), certificate: 'no PEM' }, 'certificate', /must be a certificate in PEM form/],
    [{ ...given(client), certificate: client.certificate.replace(/M[A-Za-z0-9]{9}/, 'AAAAAAAAAA') }, 'certificate', /must be a certificate in PEM form/],
    [{ ...given(client), certificate: client.certificate.repeat(7) }, 'certificate', /at most 6/],
    [{ certificate: authority.certificate, privateKey: client.key }, 'privateKey', /does not belong to the certificate/],
    [{ ...given(client), privateKey: client.certificate }, 'privateKey', /must be a private key in PEM form/],
    [{ ...given(client), privateKey: large }, 'privateKey', /at most 4096 bits/],
    [{ ...given(client), privateKey }, 'privateKey', /passphrase/],
    [{ certificate: client.certificate }, 'privateKey', /is required/],
  ]
  for (const [clientCertificate, field, message] of cases) {
    const { status, body, text } = await make(clientCertificate)
    expect([status, body.errors]).toEqual([400, [{ path: `clientCertificate.${field}`, message: expect.stringMatching(message) }]])
    expect(text).not.toContain('PRIVATE KEY-----\n')
  }
})
