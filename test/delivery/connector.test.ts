import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { createDispatcher, type DispatcherOptions, type ResolvedAddress } from '../../src/delivery/connector'
import { createPostEvent, type PostEvent } from '../../src/delivery/post'
import { startReceiver, type Receiver } from '../support/receiver'
import { aPost } from './requests'

const LOOPBACK = { address: '127.0.0.1', family: 4 }
/** Public and unreachable from a test: nothing may ever connect to it. */
const PUBLIC = { address: '8.8.8.8', family: 4 }

let receiver: Receiver
const dispatchers: { destroy(): Promise<void> }[] = []

beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()))
  await receiver.close()
})

function postThrough(options: Partial<DispatcherOptions>): PostEvent {
  const dispatcher = createDispatcher({ allowTargets: [], deniedPorts: [], ...options })
  dispatchers.push(dispatcher)
  return createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })
}

const onLoopback = async (): Promise<ResolvedAddress[]> => [LOOPBACK]

/** A name server that answers each look-up with the next list, and the last one from then on. */
function names(...answers: ResolvedAddress[][]): { lookup: () => Promise<ResolvedAddress[]>; asked: () => number } {
  let asked = 0
  return { lookup: async () => answers[Math.min(asked++, answers.length - 1)] ?? [], asked: () => asked }
}

const named = (): string => `http://hooks.example:${receiver.port}/`

describe('an address that is not public', () => {
  it.each(['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost', '127.0.0.1.'])(
    'is blocked when the URL says %s, without a look-up',
    async (host) => {
      const { lookup, asked } = names([PUBLIC])
      const { outcome } = await postThrough({ lookup })(aPost(`http://${host}:${receiver.port}/`))
      expect(outcome).toMatchObject({ kind: 'blocked', detail: expect.stringContaining('not public') })
      expect(asked()).toBe(0)
    },
  )

  it.each([
    ['alone', [LOOPBACK]],
    ['beside a public one', [PUBLIC, LOOPBACK]],
    ['mapped into IPv6', [{ address: '::ffff:127.0.0.1', family: 6 }]],
  ])('is blocked when a name has it %s, and not told', async (_, addresses) => {
    const { outcome } = await postThrough({ lookup: async () => addresses })(aPost(named()))
    expect(outcome).toMatchObject({ kind: 'blocked', detail: expect.stringMatching(/^hooks\.example: .*not public/) })
    expect(JSON.stringify(outcome)).not.toContain('127.0.0.1')
  })

  it('was never called', () => {
    expect(receiver.requests).toEqual([])
  })
})

describe('a name that changes its address', () => {
  it('is judged anew at each connection', async () => {
    const { lookup } = names([LOOPBACK], [{ address: '127.0.0.2', family: 4 }])
    const post = postThrough({ lookup, allowTargets: ['127.0.0.1/32'] })
    receiver.answer = { status: 200, headers: { connection: 'close' } }
    expect((await post(aPost(named()))).outcome.kind).toBe('delivered')
    expect((await post(aPost(named()))).outcome.kind).toBe('blocked')
  })

  it('gets a connection to the very address that was judged, from one look-up', async () => {
    const { lookup, asked } = names([LOOPBACK], [{ address: '127.0.0.2', family: 4 }])
    const post = postThrough({ lookup, allowTargets: ['127.0.0.1/32'] })
    receiver.answer = 200
    expect((await post(aPost(named()))).outcome.kind).toBe('delivered')
    expect(asked()).toBe(1)
    expect(receiver.requests.at(-1)?.headers.host).toBe(`hooks.example:${receiver.port}`)
  })

  it('is looked up once for many connections that begin together', async () => {
    const { lookup, asked } = names([LOOPBACK])
    const post = postThrough({ lookup, allowTargets: ['127.0.0.0/8'] })
    await Promise.all(Array.from({ length: 20 }, () => post(aPost(named()))))
    expect(asked()).toBe(1)
  })
})

describe('a name that leads nowhere', () => {
  it('is a failure that may pass', async () => {
    const notFound = Object.assign(new Error('queryA ENOTFOUND hooks.example'), { code: 'ENOTFOUND' })
    const missing = await postThrough({ lookup: () => Promise.reject(notFound) })(aPost(named()))
    expect(missing.outcome).toMatchObject({ kind: 'failed', reason: 'dns', detail: 'queryA ENOTFOUND hooks.example' })
    const empty = await postThrough({ lookup: async () => [] })(aPost(named()))
    expect(empty.outcome).toMatchObject({ kind: 'failed', reason: 'dns' })
  })

  it('is asked of the real resolver where no other is given', async () => {
    const { outcome } = await postThrough({})(aPost('http://no-such-host.invalid/'))
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'dns' })
  })

  it('takes no longer than the attempt when the name server is silent, and nothing is sent afterwards', async () => {
    const silence = new EventEmitter()
    const lookup = async (): Promise<ResolvedAddress[]> => {
      await once(silence, 'end')
      return [LOOPBACK]
    }
    const post = postThrough({ lookup, allowTargets: ['127.0.0.0/8'] })
    const before = receiver.requests.length
    const { outcome, durationMs } = await post(aPost(named(), { timeoutMs: 200, deliveryEventId: 'evt_late' }))
    expect(outcome).toEqual({ kind: 'failed', reason: 'timeout', detail: 'No connection within 200 ms' })
    expect(durationMs).toBeLessThan(600)
    const next = post(aPost(named()))
    silence.emit('end')
    expect((await next).outcome.kind).toBe('delivered')
    expect(receiver.requests.slice(before).map(({ headers }) => headers['webhook-id'])).toEqual(['evt_1'])
  })
})

describe('a name with several addresses', () => {
  const other = { address: '127.0.0.9', family: 4 }

  it('is tried at the next one when the first does not take the connection', async () => {
    const post = postThrough({ lookup: async () => [other, LOOPBACK], allowTargets: ['127.0.0.0/8'] })
    expect((await post(aPost(named()))).outcome.kind).toBe('delivered')
  })

  it('says what each of them did when none takes it', async () => {
    const gone = await startReceiver()
    await gone.close()
    const post = postThrough({ lookup: async () => [other, LOOPBACK], allowTargets: ['127.0.0.0/8'] })
    expect((await post(aPost(`http://hooks.example:${gone.port}/`))).outcome).toMatchObject({
      reason: 'refused',
      detail: expect.stringMatching(/ECONNREFUSED 127\.0\.0\.9:\d+; connect ECONNREFUSED 127\.0\.0\.1:\d+/),
    })
  })
})

describe('ports and schemes', () => {
  it("keeps off the ports of Herald's own servers, on every address", async () => {
    const { outcome } = await postThrough({ allowTargets: ['127.0.0.0/8'], deniedPorts: [receiver.port] })(
      aPost(receiver.url),
    )
    expect(outcome).toMatchObject({ kind: 'blocked', detail: expect.stringContaining(`Port ${receiver.port}`) })
  })

  it.each(['ftp://8.8.8.8/', 'file:///etc/passwd', 'not a url'])('blocks %s', async (url) => {
    expect((await postThrough({})(aPost(url))).outcome.kind).toBe('blocked')
  })
})

describe('TLS', () => {
  const pem = readFileSync(join(__dirname, 'fixtures', 'receiver.test.pem'), 'utf8')
  const server = createServer({ cert: pem, key: pem }, (_request, response) => response.end())
  let port = 0

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = Object.assign({ port: 0 }, server.address()).port
  })
  afterAll(() => server.closeAllConnections())
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  const url = (name: string): string => `https://${name}:${port}/`

  it('delivers to a certificate that is trusted and has the name', async () => {
    const post = postThrough({ lookup: onLoopback, allowTargets: ['127.0.0.0/8'], ca: [pem] })
    expect((await post(aPost(url('receiver.test')))).outcome).toEqual({ kind: 'delivered', status: 200 })
  })

  it('is the only way out where it is asked for, also for a webhook from before', async () => {
    const post = postThrough({ lookup: onLoopback, allowTargets: ['127.0.0.0/8'], ca: [pem], requireHttps: true })
    expect((await post(aPost(url('receiver.test')))).outcome.kind).toBe('delivered')
    expect((await post(aPost(receiver.url))).outcome).toMatchObject({ kind: 'blocked', detail: expect.stringMatching(/HERALD_REQUIRE_HTTPS is set: give the webhook a URL with https/) })
  })

  it('is refused below version 1.2', async () => {
    const old = createServer({ cert: pem, key: pem, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, (_request, response) => response.end())
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve))
    const { port: oldPort } = Object.assign({ port: 0 }, old.address())
    const post = postThrough({ lookup: onLoopback, allowTargets: ['127.0.0.0/8'], ca: [pem] })
    expect((await post(aPost(`https://receiver.test:${oldPort}/`))).outcome).toMatchObject({ reason: 'tls', detail: expect.stringMatching(/PROTOCOL|VERSION/i) })
    await new Promise((resolve) => old.close(resolve))
  })

  it('refuses a certificate that nobody vouches for, one for another name, and no TLS at all', async () => {
    const trusting = postThrough({ lookup: onLoopback, allowTargets: ['127.0.0.0/8'], ca: [pem] })
    const plain = postThrough({ lookup: onLoopback, allowTargets: ['127.0.0.0/8'] })
    const exchanges = [
      await plain(aPost(url('receiver.test'))),
      await trusting(aPost(url('other.test'))),
      await trusting(aPost(`https://receiver.test:${receiver.port}/`)),
    ]
    expect(exchanges.map(({ outcome }) => outcome)).toMatchObject([
      { reason: 'tls', detail: expect.stringContaining('SELF_SIGNED') },
      { reason: 'tls', detail: expect.stringContaining('ALTNAME') },
      { reason: 'tls' },
    ])
  })
})
