import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createDispatcher, type DispatcherOptions } from '../../src/delivery/connector'
import { createPostEvent, type PostEvent } from '../../src/delivery/post'
import { startReceiver, type Receiver } from '../support/receiver'
import { aPost } from './requests'

let receiver: Receiver
const closing: (() => unknown)[] = []
beforeEach(async () => {
  receiver = await startReceiver()
  closing.push(() => receiver.close())
})
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

function postThrough(options: Partial<DispatcherOptions> = {}): PostEvent {
  const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [], ...options })
  closing.push(dispatcher.destroy)
  return createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })
}

const slowNames = (ms: number) => async () => {
  await wait(ms)
  return [{ address: '127.0.0.1', family: 4 }]
}

const pem = readFileSync(join(__dirname, 'fixtures', 'receiver.test.pem'), 'utf8')

/** HTTPS behind a proxy that holds what the client says first, which is its part of the TLS handshake. */
async function slowTls(ms: number): Promise<number> {
  const server = createServer({ cert: pem, key: pem }, (_, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = createTcpServer((client) => {
    const upstream = connect((server.address() as AddressInfo).port, '127.0.0.1')
    upstream.pipe(client).on('error', () => upstream.destroy())
    setTimeout(() => client.pipe(upstream).on('error', () => client.destroy()), ms)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  closing.push(() => proxy.close(), () => server.close(), () => server.closeAllConnections())
  return (proxy.address() as AddressInfo).port
}

it('tells looking up, connecting, TLS, waiting and the body apart', async () => {
  const post = postThrough({ lookup: slowNames(120), ca: [pem] })
  const { timing, durationMs } = await post(aPost(`https://receiver.test:${await slowTls(150)}/`))
  expect(Object.keys(timing ?? {})).toEqual(['dnsMs', 'connectMs', 'tlsMs', 'waitMs', 'bodyMs'])
  expect(timing?.dnsMs).toBeGreaterThanOrEqual(115)
  expect(timing?.tlsMs).toBeGreaterThanOrEqual(145)
  expect(timing?.dnsMs).toBeLessThan(durationMs - 140)
  const sum = Object.values(timing ?? {}).reduce((all, ms) => all + ms, 0)
  expect(sum).toBeLessThanOrEqual(durationMs + 1)
})

it('tells of a connection that stood only how long the answer took, and its body', async () => {
  receiver.answer = (_, n) => (n === 1 ? 200 : { delayMs: 100 })
  const post = postThrough()
  const first = await post(aPost(receiver.url))
  expect(Object.keys(first.timing ?? {})).toEqual(['connectMs', 'waitMs', 'bodyMs'])
  // The connection is free when the answer has been read to its end, and not before.
  await wait(10)
  const second = await post(aPost(receiver.url))
  expect(receiver.requests.map(({ connection }) => connection)).toEqual([1, 1])
  expect(Object.keys(second.timing ?? {})).toEqual(['waitMs', 'bodyMs'])
  expect(second.timing?.waitMs).toBeGreaterThanOrEqual(95)
})

it('gives each of many POSTs at once the connection that was made for it', async () => {
  receiver.answer = { delayMs: 50 }
  const post = postThrough({ lookup: slowNames(30) })
  const all = await Promise.all(Array.from({ length: 10 }, () => post(aPost(`http://hooks.example:${receiver.port}/`))))
  for (const { timing } of all) expect(timing).toMatchObject({ dnsMs: expect.any(Number), connectMs: expect.any(Number) })
})

it('tells how far an attempt came that failed', async () => {
  const gone = await startReceiver()
  await gone.close()
  const refused = await postThrough({ lookup: slowNames(40) })(aPost(`http://hooks.example:${gone.port}/`))
  expect(Object.keys(refused.timing ?? {})).toEqual(['dnsMs', 'connectMs'])

  const nameless = await postThrough({
    lookup: async () => {
      await wait(40)
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
    },
  })(aPost(`http://hooks.example:${receiver.port}/`))
  expect(Object.keys(nameless.timing ?? {})).toEqual(['dnsMs'])
  expect(nameless.timing?.dnsMs).toBeGreaterThanOrEqual(38)

  const untrusted = await postThrough({ lookup: slowNames(1) })(aPost(`https://receiver.test:${await slowTls(60)}/`))
  expect(Object.keys(untrusted.timing ?? {})).toEqual(['dnsMs', 'connectMs', 'tlsMs'])
  expect(untrusted.timing?.tlsMs).toBeGreaterThanOrEqual(55)

  receiver.answer = { hang: true }
  const silent = await postThrough()(aPost(receiver.url, { timeoutMs: 200 }))
  expect(silent.outcome).toMatchObject({ reason: 'timeout' })
  expect(Object.keys(silent.timing ?? {})).toEqual(['connectMs', 'waitMs'])
})

it('counts a body that drips to the body', async () => {
  receiver.answer = { drip: { everyMs: 20, bytes: 3_000 } }
  const { timing } = await postThrough()(aPost(receiver.url))
  expect(timing?.bodyMs).toBeGreaterThan(50)
})
