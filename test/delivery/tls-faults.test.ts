import type { ServerOptions } from 'node:https'
import { createDispatcher, type DispatcherOptions } from '../../src/delivery/connector'
import { createPostEvent, type Exchange } from '../../src/delivery/post'
import { createAuthority, type Authority, type Issued } from '../support/certificates'
import { startReceiver } from '../support/receiver'
import { aPost } from './requests'
import { startTlsServer } from './tls-server'

const DAY_MS = 86_400_000
const daysAway = (days: number): Date => new Date(Date.now() + days * DAY_MS)
const dayOf = (date: Date): string => date.toISOString().slice(0, 10)

let authority: Authority
let good: Issued
const closing: (() => unknown)[] = []
beforeAll(async () => {
  authority = await createAuthority()
  good = await authority.issue()
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** What an attempt at such a server says; its authority is trusted unless told otherwise. */
async function attemptAt(server: ServerOptions, options: Partial<DispatcherOptions> = {}, host?: string): Promise<Exchange['outcome']> {
  const { url, close } = await startTlsServer(server)
  closing.push(close)
  return attempt(url(host), options)
}

async function attempt(url: string, options: Partial<DispatcherOptions> = {}): Promise<Exchange['outcome']> {
  const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [], lookup: async () => [{ address: '127.0.0.1', family: 4 }], ca: [authority.certificate], ...options })
  closing.push(dispatcher.destroy)
  return (await createPostEvent({ dispatcher, userAgent: 'Herald/test' })(aPost(url))).outcome
}

const served = ({ certificate, key }: Issued): ServerOptions => ({ cert: certificate, key })
const tls = (code: string, words: RegExp | string) => ({ kind: 'failed', reason: 'tls', detail: expect.stringMatching(new RegExp(`^${code}: .*${words instanceof RegExp ? words.source : words.replaceAll(/[.()?]/g, String.raw`\$&`)}`)) })

it('delivers to a certificate that is in order', async () => {
  expect(await attemptAt(served(good))).toEqual({ kind: 'delivered', status: 200 })
})

it('says when the certificate expired', async () => {
  const notAfter = daysAway(-3)
  const expired = await authority.issue({ notBefore: daysAway(-30), notAfter })
  expect(await attemptAt(served(expired))).toEqual(tls('CERT_HAS_EXPIRED', `The certificate expired on ${dayOf(notAfter)}`))
})

it('says that one that vouches for it has expired, and not it', async () => {
  const old = await createAuthority('Old authority', { notBefore: daysAway(-30), notAfter: daysAway(-1) })
  expect(await attemptAt(served(await old.issue()), { ca: [old.certificate] })).toEqual(tls('CERT_HAS_EXPIRED', 'A certificate that vouches for that of the receiver has expired'))
})

it('says from when on the certificate is valid', async () => {
  const notBefore = daysAway(5)
  const early = await authority.issue({ notBefore, notAfter: daysAway(9) })
  expect(await attemptAt(served(early))).toEqual(tls('CERT_NOT_YET_VALID', `not valid yet, but from ${dayOf(notBefore)}`))
})

it('says that nobody vouches for a certificate that is signed by itself', async () => {
  const alone = await createAuthority('receiver.test', { names: ['receiver.test'] })
  expect(await attemptAt(served(alone))).toEqual(tls('DEPTH_ZERO_SELF_SIGNED_CERT', /signed by itself.*HERALD_WEBHOOK_CA/))
})

it('names the authority that it does not know, with and without its certificate in the chain', async () => {
  const unknown = await createAuthority('Bank Root\u0007 7')
  const leaf = await unknown.issue()
  const words = /issued by "Bank Root\? 7", which Herald does not know: .*HERALD_WEBHOOK_CA/
  expect(await attemptAt(served(leaf))).toEqual(tls('UNABLE_TO_VERIFY_LEAF_SIGNATURE', words))
  expect(await attemptAt({ cert: leaf.certificate + unknown.certificate, key: leaf.key })).toEqual(tls('SELF_SIGNED_CERT_IN_CHAIN', words))
})

it('says which names the certificate is for, and which was asked for', async () => {
  const words = 'The certificate is for receiver.test, not for other.test: '
  expect(await attemptAt(served(good), {}, 'other.test')).toEqual(tls('ERR_TLS_CERT_ALTNAME_INVALID', words))
  const many = await authority.issue({ names: Array.from({ length: 9 }, (_, i) => `host-${i}.test`) })
  expect(await attemptAt(served(many))).toEqual(tls('ERR_TLS_CERT_ALTNAME_INVALID', 'for host-0.test, host-1.test, host-2.test, host-3.test and 5 more, not for receiver.test'))
})

describe('with lists of what was revoked', () => {
  it('says that the certificate was revoked, and takes those that were not', async () => {
    const revoked = await authority.issue()
    const crl = [await authority.revoking([revoked.serialNumber])]
    expect(await attemptAt(served(revoked), { crl })).toEqual(tls('CERT_REVOKED', 'The authority has revoked the certificate'))
    expect(await attemptAt(served(good), { crl })).toEqual({ kind: 'delivered', status: 200 })
  })

  it('says that a list is missing, or too old', async () => {
    const other = await createAuthority('Another authority')
    const crl = [await other.revoking([])]
    expect(await attemptAt(served(good), { crl })).toEqual(tls('UNABLE_TO_GET_CRL', 'no list of "Authority of a test"'))
    expect(await attemptAt(served(good), { crl: [await authority.revoking([], daysAway(-0.5))] })).toEqual(tls('CRL_HAS_EXPIRED', 'replace it by the newest one'))
  })
})

it.each(['TLSv1.2', 'TLSv1.3'] as const)('says that the receiver demands a client certificate, over %s', async (version) => {
  const outcome = await attemptAt({ ...served(good), ca: authority.certificate, requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version })
  expect(outcome).toEqual(tls('ERR_SSL_\\w+', 'demands a client certificate'))
})

it('says that the receiver speaks an old TLS only', async () => {
  const old = { ...served(good), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  expect(await attemptAt(old)).toEqual(tls('ERR_SSL_\\w+', 'speaks no TLS of version 1.2 or newer'))
})

it('says that there is no TLS at the port', async () => {
  const receiver = await startReceiver()
  closing.push(() => receiver.close())
  expect(await attempt(`https://receiver.test:${receiver.port}/`)).toEqual(tls('ERR_SSL_\\w+', 'speaks no TLS at this port'))
})

it('says that a certificate is none of a server', async () => {
  expect(await attemptAt(served(await authority.issue({ client: true })))).toEqual(tls('INVALID_PURPOSE', 'is not for a server'))
})

