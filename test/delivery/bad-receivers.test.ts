import type { Socket } from 'node:net'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent, type Exchange } from '../../src/delivery/post'
import type { Outcome } from '../../src/domain/outcome'
import { startReceiver, type Receiver } from '../support/receiver'
import { startRawServer, type RawServer } from './raw-server'
import { aPost } from './requests'

const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [] })
const post = createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })
const TIMEOUT_MS = 400
/** What the promise allows on top, doubled: the test machine may be busy. */
const SLACK_MS = 400

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(async () => {
  await dispatcher.destroy()
  await receiver.close()
})

async function postRaw(onRequest: (socket: Socket, n: number) => void): Promise<Exchange & { server: RawServer }> {
  const server = await startRawServer(onRequest)
  const exchange = await post(aPost(server.url, { timeoutMs: TIMEOUT_MS }))
  await server.close()
  return { ...exchange, server }
}

describe('a receiver that takes its time', () => {
  it('has timed out when it does not answer', async () => {
    receiver.answer = { hang: true }
    const { outcome, durationMs, response } = await post(aPost(receiver.url, { timeoutMs: TIMEOUT_MS }))
    expect(outcome).toEqual({ kind: 'failed', reason: 'timeout', detail: `No answer within ${TIMEOUT_MS} ms` })
    expect(response).toBeUndefined()
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
  })

  it('has timed out when it drips its head', async () => {
    const { outcome, durationMs } = await postRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      const timer = setInterval(() => socket.write('.'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'timeout' })
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
  })

  it('has timed out when it goes on announcing an answer', async () => {
    const { outcome, durationMs } = await postRaw((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'timeout' })
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
  })

  it('has answered when it drips its body: the status is known', async () => {
    receiver.answer = { status: 202, body: 'begun', drip: { everyMs: 10, bytes: 1 } }
    const delivered = await post(aPost(receiver.url, { timeoutMs: TIMEOUT_MS }))
    expect(delivered.outcome).toEqual({ kind: 'delivered', status: 202 })
    expect(delivered.response).toMatchObject({ truncated: true, body: expect.stringMatching(/^begun\.+$/) })
    expect(delivered.durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)

    receiver.answer = { status: 500, drip: { everyMs: 10, bytes: 1 } }
    const failed = await post(aPost(receiver.url, { timeoutMs: TIMEOUT_MS }))
    expect(failed.outcome).toMatchObject({ kind: 'failed', reason: 'status', status: 500 })
  })

  it('keeps no other request to its host waiting, however many hang there', async () => {
    const before = receiver.requests.length
    receiver.answer = () => (receiver.requests.length - before <= 100 ? { hang: true } : 200)
    const hanging = Array.from({ length: 100 }, () => post(aPost(receiver.url, { timeoutMs: 1_500 })))
    await receiver.waitFor(before + 100)
    const next = await post(aPost(receiver.url, { timeoutMs: 1_000, deliveryEventId: 'evt_next' }))
    expect(next.outcome.kind).toBe('delivered')
    for (const { outcome } of await Promise.all(hanging)) expect(outcome).toMatchObject({ kind: 'failed', reason: 'timeout' })
    expect(receiver.requests).toHaveLength(before + 101)
  })
})

describe('a receiver that says too much', () => {
  it('is read up to 16 KiB of body, exactly', async () => {
    receiver.answer = { status: 200, body: 'x'.repeat(16_384) }
    expect((await post(aPost(receiver.url))).response).toMatchObject({ truncated: false, body: 'x'.repeat(16_384) })
    receiver.answer = { status: 200, body: 'x'.repeat(16_385) }
    const cut = await post(aPost(receiver.url))
    expect(cut.outcome.kind).toBe('delivered')
    expect(cut.response).toMatchObject({ truncated: true, body: 'x'.repeat(16_384) })
  })

  it('is never cut inside a character', async () => {
    receiver.answer = { status: 200, body: `x${'€'.repeat(6_000)}` }
    expect((await post(aPost(receiver.url))).response?.body).toBe(`x${'€'.repeat(5_461)}`)
  })

  it('loses the connection at an endless body, long before the time is up', async () => {
    receiver.answer = { status: 500, drip: { everyMs: 1, bytes: 65_536 } }
    const { outcome, response, durationMs } = await post(aPost(receiver.url, { timeoutMs: 20_000 }))
    expect(outcome).toMatchObject({ reason: 'status', status: 500 })
    expect(response).toMatchObject({ truncated: true, body: '.'.repeat(16_384) })
    expect(durationMs).toBeLessThan(5_000)
  })

  it.each([
    ['one long header', `x: ${'y'.repeat(20_000)}\r\n`],
    ['very many short ones', 'a:\r\n'.repeat(60_000)],
  ])('is not understood with a head of more than 16 KiB: %s', async (_, lines) => {
    const before = process.cpuUsage()
    const { outcome } = await postRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\n${lines}\r\n`))
    expect(outcome).toMatchObject({ reason: 'protocol', detail: expect.stringContaining('HEADERS_OVERFLOW') })
    // A hostile head must not cost what a hundred POSTs cost: it was 300 ms before reads were bounded.
    expect(process.cpuUsage(before).user).toBeLessThan(200_000)
  })

  it.each([
    ['announcements', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(20_000), { reason: 'protocol' }],
    [
      'chunk extensions',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1${';x=y'.repeat(100_000)}`,
      { kind: 'delivered' },
    ],
  ])('loses the connection at %s without end, long before the time is up', async (_, text, expected) => {
    const server = await startRawServer((socket) => socket.write(text))
    const { outcome, durationMs } = await post(aPost(server.url, { timeoutMs: 20_000 }))
    expect(outcome).toMatchObject(expected)
    expect(durationMs).toBeLessThan(5_000)
    await server.close()
  })
})

describe('a receiver that breaks the rules', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a status that is none', 'HTTP/1.1 abc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
    ['an unasked-for 100', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ])('with %s is reported as a protocol failure', async (_, text) => {
    const { outcome } = await postRaw((socket) => socket.end(text))
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'protocol' })
  })

  it('with a good head and a broken body has answered', async () => {
    const { outcome, response } = await postRaw((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n'),
    )
    expect(outcome).toEqual({ kind: 'delivered', status: 200 })
    expect(response).toMatchObject({ truncated: true, body: 'abc' })
  })

  it('by hanging up instead of answering is a reset', async () => {
    receiver.answer = { reset: true }
    expect((await post(aPost(receiver.url))).outcome).toMatchObject({ kind: 'failed', reason: 'reset' })
    expect((await postRaw((socket) => socket.end())).outcome).toMatchObject({ kind: 'failed', reason: 'reset' })
  })

  it('by hanging up on a kept connection is a reset, and is not asked again unseen', async () => {
    const server = await startRawServer((socket, n) => {
      if (n === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      else socket.destroy()
    })
    const outcomes: Outcome[] = []
    do outcomes.push((await post(aPost(server.url))).outcome)
    while (outcomes.at(-1)?.kind === 'delivered' && outcomes.length < 100)
    expect(outcomes.at(-1)).toMatchObject({ kind: 'failed', reason: 'reset' })
    expect(server.requests()).toBe(outcomes.length)
    await server.close()
  })
})

describe('a receiver that is not there', () => {
  it('refuses every one of many POSTs at once', async () => {
    const gone = await startReceiver()
    await gone.close()
    const exchanges = await Promise.all(Array.from({ length: 200 }, () => post(aPost(gone.url))))
    for (const { outcome, durationMs } of exchanges) {
      expect(outcome).toMatchObject({ kind: 'failed', reason: 'refused', detail: expect.stringContaining('ECONNREFUSED') })
      expect(durationMs).toBeLessThan(4_000)
    }
  })

  it('is not waited for longer than the attempt when it connects and never speaks TLS', async () => {
    const server = await startRawServer(() => {})
    const { outcome, durationMs } = await post(
      aPost(server.url.replace('http:', 'https:'), { timeoutMs: TIMEOUT_MS }),
    )
    expect(outcome).toMatchObject({ reason: 'timeout', detail: `No connection within ${TIMEOUT_MS} ms` })
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
    await server.close()
  })
})
