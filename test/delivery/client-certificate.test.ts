import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import type { Outlet } from '../../src/delivery/pools'
import type { ClientCertificate } from '../../src/domain/webhook'
import { createAuthority, type Authority, type Issued } from '../support/certificates'
import { aPost } from './requests'
import { startTlsServer, type TlsServer } from './tls-server'

let authority: Authority
let good: Issued
let server: TlsServer
let dispatcher: Outlet
beforeAll(async () => {
  authority = await createAuthority()
  good = await authority.issue()
})
afterEach(async () => {
  await dispatcher.destroy()
  await server.close()
})

/** A receiver that lets in whom its authority vouches for. */
async function demanding(version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3', rejectUnauthorized = true) {
  server = await startTlsServer({ cert: good.certificate, key: good.key, ca: authority.certificate, requestCert: true, rejectUnauthorized, minVersion: version, maxVersion: version })
  dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [], lookup: async () => [{ address: '127.0.0.1', family: 4 }], ca: [authority.certificate] })
  const post = createPostEvent({ dispatcher, userAgent: 'Herald/test' })
  return (clientCertificate?: ClientCertificate) => post(aPost(server.url(), clientCertificate && { clientCertificate }))
}

const identityOf = ({ certificate, key }: Issued): ClientCertificate => ({ certificate, privateKey: key })
const newClient = () => authority.issue({ name: 'herald', names: [], client: true })

it.each(['TLSv1.2', 'TLSv1.3'] as const)('a receiver that demands a certificate gets that of the webhook, over %s', async (version) => {
  const post = await demanding(version)
  const client = await newClient()
  expect((await post(identityOf(client))).outcome).toEqual({ kind: 'delivered', status: 200 })
  expect(server.clients).toEqual([client.serialNumber])
  expect((await post()).outcome).toMatchObject({ reason: 'tls', detail: expect.stringContaining('demands a client certificate') })
})

it.each(['TLSv1.2', 'TLSv1.3'] as const)('a connection, and a TLS session, is that of the certificate that it was opened with, over %s', async (version) => {
  const post = await demanding(version, false)
  const [first, second, renewed] = await Promise.all([newClient(), newClient(), newClient()])
  const whom = [first, second, undefined, first, undefined, renewed, second]
  for (const one of whom) expect((await post(one && identityOf(one))).outcome.kind).toBe('delivered')
  expect(server.clients).toEqual(whom.map((one) => one?.serialNumber ?? ''))
  // What is one client's is kept: four clients, and no more connections than that.
  expect(server.connections()).toBe(4)
})

it('says that the receiver does not know who vouches for the certificate', async () => {
  const stranger = await (await createAuthority('Another')).issue({ client: true })
  const post = await demanding('TLSv1.2')
  expect((await post(identityOf(stranger))).outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^(tls|reset)$/) })
})
