import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createDispatcher, type DispatcherOptions, type ResolvedAddress } from '../../src/delivery/connector'
import { createPostEvent, type PostEvent } from '../../src/delivery/post'
import { startProxy, type Proxy } from '../support/connect-proxy'
import { createAuthority, type Authority, type Issued } from '../support/certificates'
import { startReceiver, type Receiver } from '../support/receiver'
import { aPost } from './requests'
import { startTlsServer, type TlsServer } from './tls-server'

let authority: Authority
let issued: Issued
let tlsReceiver: TlsServer
let receiver: Receiver
let proxy: Proxy
const closing: (() => unknown)[] = []
beforeAll(async () => {
  authority = await createAuthority()
  issued = await authority.issue()
  tlsReceiver = await startTlsServer({ cert: issued.certificate, key: issued.key })
})
afterAll(() => tlsReceiver.close())
beforeEach(async () => {
  receiver = await startReceiver()
  proxy = await startProxy()
  closing.push(() => receiver.close(), () => proxy.close())
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function postThrough(options: Partial<DispatcherOptions> = {}): PostEvent {
  const lookup = async (): Promise<ResolvedAddress[]> => [{ address: '127.0.0.1', family: 4 }]
  const dispatcher = createDispatcher({ allowTargets: ['127.0.0.1/32'], deniedPorts: [], ca: [authority.certificate], lookup, proxy: proxy.url(), ...options })
  closing.push(dispatcher.destroy)
  return createPostEvent({ dispatcher, userAgent: 'Herald/test' })
}

const named = () => `http://hooks.example:${receiver.port}/`

it('carries POSTs to the address that was judged, with the name in Host alone', async () => {
  const { outcome, timing } = await postThrough()(aPost(named()))
  expect(outcome).toEqual({ kind: 'delivered', status: 200 })
  expect(receiver.requests[0]?.headers.host).toBe(`hooks.example:${receiver.port}`)
  expect(proxy.asked).toEqual([{ authority: `127.0.0.1:${receiver.port}`, authorization: undefined }])
  expect(timing).toMatchObject({ connectMs: expect.any(Number) })
})

it('is given its user name and password, and shows them to nobody else', async () => {
  const post = postThrough({ proxy: proxy.url('herald:p%40ss@') })
  expect((await post(aPost(named()))).outcome.kind).toBe('delivered')
  expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from('herald:p@ss').toString('base64')}`)
  expect(receiver.requests[0]?.headers).not.toHaveProperty('proxy-authorization')
})

it('sees nothing of TLS, which is with the receiver, whose certificate is verified by its name', async () => {
  const post = postThrough()
  expect((await post(aPost(tlsReceiver.url()))).outcome).toEqual({ kind: 'delivered', status: 200 })
  expect((await post(aPost(tlsReceiver.url('other.test')))).outcome).toMatchObject({ reason: 'tls', detail: expect.stringContaining('is for receiver.test, not for other.test') })
  expect(new Set(proxy.asked.map((one) => one.authority))).toEqual(new Set([`127.0.0.1:${tlsReceiver.port}`]))
})

it('may speak TLS itself, with a certificate that is verified', async () => {
  const secure = await startProxy(await authority.issue({ names: ['localhost'] }))
  closing.push(() => secure.close())
  expect((await postThrough({ proxy: secure.url() })(aPost(tlsReceiver.url()))).outcome.kind).toBe('delivered')
  const untrusted = await startProxy(await (await createAuthority('Another')).issue({ names: ['localhost'] }))
  closing.push(() => untrusted.close())
  expect((await postThrough({ proxy: untrusted.url() })(aPost(tlsReceiver.url()))).outcome).toMatchObject({ reason: 'proxy' })
  expect(untrusted.asked).toEqual([])
})

it('is asked for nothing that may not be called, by address or by a name that has changed', async () => {
  const answers = ['127.0.0.1', '127.0.0.2']
  const post = postThrough({ lookup: async () => [{ address: answers.shift() ?? '', family: 4 }] })
  receiver.answer = { status: 200, headers: { connection: 'close' } }
  expect((await post(aPost(named()))).outcome.kind).toBe('delivered')
  for (const url of [named(), 'http://127.0.0.2:8099/', 'http://169.254.169.254/', 'http://localhost.:22/']) expect((await post(aPost(url))).outcome.kind).toBe('blocked')
  expect(proxy.asked).toHaveLength(1)
})

it('is the way to token endpoints, too', async () => {
  receiver.answer = ({ path }) => (path === '/token' ? { headers: { 'content-type': 'application/json' }, body: '{"access_token":"t","token_type":"bearer"}' } : 200)
  const auth = { type: 'oauth2', tokenUrl: `http://login.example:${receiver.port}/token`, clientId: 'a', clientSecret: 'b' } as const
  expect((await postThrough()(aPost(named(), { auth }))).outcome.kind).toBe('delivered')
  expect(proxy.asked).toHaveLength(2)
})

it('is asked for the next address of a name when it cannot reach the first', async () => {
  proxy.refuse = (target) => (target.startsWith('127.0.0.9') ? 502 : undefined)
  const lookup = async () => ['127.0.0.9', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  expect((await postThrough({ lookup, allowTargets: ['127.0.0.0/8'] })(aPost(named()))).outcome.kind).toBe('delivered')
  expect(proxy.asked.map((one) => one.authority.split(':')[0])).toEqual(['127.0.0.9', '127.0.0.1'])
})

it('is asked for four addresses of a name at most, and for none after the time for connecting', async () => {
  const lookup = async () => Array.from({ length: 30 }, (_, n) => ({ address: `127.0.1.${n + 1}`, family: 4 }))
  proxy.refuse = () => 502
  expect((await postThrough({ lookup, allowTargets: ['127.0.0.0/8'] })(aPost(named()))).outcome).toMatchObject({ reason: 'proxy' })
  expect(proxy.asked).toHaveLength(4)
  // A proxy that goes on trying says nothing.
  proxy.refuse = () => 'never'
  const begun = performance.now()
  const { outcome } = await postThrough({ lookup, allowTargets: ['127.0.0.0/8'], connectTimeoutMs: 400 })(aPost(named(), { timeoutMs: 5_000 }))
  expect(outcome).toEqual({ kind: 'failed', reason: 'proxy', detail: 'The egress proxy opened no way to the receiver within 400 ms' })
  expect(performance.now() - begun).toBeLessThan(3_000)
  expect(proxy.asked).toHaveLength(5)
})

it.each<[number, RegExp, object]>([
  [407, /wants a user name and password, in HERALD_EGRESS_PROXY$/, { isOurs: true }],
  [403, /does not let Herald connect/, {}],
  [502, /answered 502: it could not connect to the receiver$/, {}],
])('that answers %i is a failure of the proxy, and named so', async (status, words, more) => {
  proxy.refuse = () => status
  expect((await postThrough()(aPost(named()))).outcome).toEqual({ kind: 'failed', reason: 'proxy', detail: expect.stringMatching(words), ...more })
})

it('that is away is told without its address', async () => {
  const { url, close } = proxy
  const gone = url()
  close()
  const { outcome } = await postThrough({ proxy: gone })(aPost(named()))
  expect(outcome).toEqual({ kind: 'failed', reason: 'proxy', detail: expect.stringMatching(/^The egress proxy cannot be reached \(E\w+\)/), isOurs: true })
  expect(JSON.stringify(outcome)).not.toMatch(/127\.0\.0\.1|localhost|::1/)
  const auth = { type: 'oauth2', tokenUrl: `http://login.example:${receiver.port}/token`, clientId: 'a', clientSecret: 'b' } as const
  expect((await postThrough({ proxy: gone })(aPost(named(), { auth }))).outcome).toEqual(outcome)
})

type Say = (socket: Socket) => unknown

/** A proxy that says this when it is asked, and no more. */
async function hangingProxy(say: Say): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.once('data', () => say(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close(), () => sockets.forEach((socket) => socket.destroy()))
  return (server.address() as AddressInfo).port
}

const says = (text: string): Say => (socket) => socket.write(text)
const drips = (head: string, piece: string): Say => (socket) => {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), 20)
  socket.on('close', () => clearInterval(timer))
}
const OPEN = 'HTTP/1.1 200 OK\r\n\r\n'

it('that hangs, at whichever step, holds no attempt longer than its time', async () => {
  const hangs: [step: string, own: 'http' | 'https', target: 'http' | 'https', say: Say][] = [
    ['in its own TLS', 'https', 'http', () => undefined],
    ['before it answers', 'http', 'http', () => undefined],
    ['within its answer, which it drips', 'http', 'http', drips('HTTP/1.1 200 OK\r\n', 'x: y\r\n')],
    ['in the TLS of the receiver', 'http', 'https', says(OPEN)],
    ['within the first record of that', 'http', 'https', drips(`${OPEN}\x16\x03\x03\x10\x00`, '\x02')],
    ['before the answer of the receiver', 'http', 'http', says(OPEN)],
    ['within that answer, which it drips', 'http', 'http', drips(`${OPEN}HTTP/1.1 200 OK\r\n`, 'x: y\r\n')],
  ]
  const timeoutMs = 800
  const face = async ([step, own, target, say]: (typeof hangs)[number]): Promise<void> => {
    const post = postThrough({ proxy: `${own}://localhost:${await hangingProxy(say)}` })
    const url = target === 'https' ? tlsReceiver.url() : named()
    // Several at once wait for the same thing.
    for (const { outcome, durationMs } of await Promise.all([1, 2, 3].map(() => post(aPost(url, { timeoutMs }))))) {
      expect([step, outcome]).toEqual([step, expect.objectContaining({ kind: 'failed', reason: 'timeout' })])
      expect([step, durationMs < timeoutMs + 1_000]).toEqual([step, true])
    }
  }
  await Promise.all(hangs.map(face))
  expect(receiver.requests).toEqual([])
})
