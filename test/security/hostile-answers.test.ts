import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent, type Exchange } from '../../src/delivery/post'
import { aPost } from '../delivery/requests'
import { startRawServer } from '../delivery/raw-server'
import { useScene } from '../support/scene'
import { until } from '../support/until'
import { HOSTILE, type Hostility } from './hostile-answers'
import { startHostileServer } from './hostile-server'
import { tell } from './tally'

const scene = useScene()
const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [] })
const post = createPostEvent({ dispatcher, userAgent: 'Herald/test' })
afterAll(() => dispatcher.destroy())

const TIMEOUT_MS = 1_500
const WAVE_MS = 2_000
const SLACK_MS = 1_000

const reportedAs = ({ outcome }: Exchange): string => (outcome.kind === 'failed' ? outcome.reason : outcome.kind)

/** What is kept of an answer is small, whatever was sent. */
function expectSmall({ response }: Exchange): void {
  if (!response) return
  expect(Buffer.byteLength(response.body)).toBeLessThanOrEqual(3 * 16_384)
  expect(Object.keys(response.headers).length).toBeLessThanOrEqual(100)
  expect(JSON.stringify(response.headers).length).toBeLessThanOrEqual(40_000)
}

async function face(hostility: Hostility): Promise<number> {
  const server = await startHostileServer(hostility)
  try {
    const exchange = await post(aPost(server.url, { timeoutMs: TIMEOUT_MS }))
    const reported = expect.stringMatching(new RegExp(`^(${hostility.reported.join('|')})$`))
    expect([hostility.name, reportedAs(exchange)]).toEqual([hostility.name, reported])
    expect([hostility.name, exchange.durationMs < TIMEOUT_MS + SLACK_MS]).toEqual([hostility.name, true])
    expectSmall(exchange)
    const isCut = exchange.response?.truncated === true || exchange.outcome.kind === 'failed'
    if (isCut) await until(() => server.open() === 0, { timeoutMs: 3_000 })
    return exchange.durationMs
  } finally {
    await server.close()
  }
}

describe.each(Object.entries(HOSTILE))('an answer that is %s', (kind, hostilities) => {
  it('ends in time, is kept small, and is told from others', async () => {
    const durations = await Promise.all(hostilities.map(face))
    tell({ kind: `answers: ${kind}`, tried: hostilities.length, refused: durations.length, figure: `longest ${Math.round(Math.max(...durations))} ms of ${TIMEOUT_MS} + ${SLACK_MS}` })
  })
})

it('is not taken for the answer to the next request on the same connection', async () => {
  const forged = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged'
  const server = await startRawServer((socket, n) => socket.write(n === 1 ? `HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n${forged}` : 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'))
  for (let n = 0; n < 10; n++) {
    // Several at once: none is sent behind another one whose answer is still to come.
    for (const exchange of await Promise.all([1, 2, 3].map(() => post(aPost(server.url))))) {
      expect(exchange.outcome.kind).toBe('failed')
      expect(JSON.stringify(exchange)).not.toContain('forged')
    }
  }
  await server.close()
})

it('costs no memory that stays, and little while they last, with 1,000 at once', async () => {
  const child = fork(path.join(__dirname, 'hostile-server.ts'), ['all'], { execArgv: ['-r', path.join(__dirname, '../stack/typescript.cjs')] })
  const [urls] = (await once(child, 'message')) as [string[]]
  const slow = urls.slice(0, HOSTILE['slow, silent or half open']?.length)
  let longestMs = 0
  // A machine that is busy with other tests makes every timer late: what it did not give does not count.
  const stalls = monitorEventLoopDelay({ resolution: 10 })
  stalls.enable()
  const wave = async (at: string[]): Promise<void> => {
    const posts = Array.from({ length: 1_000 }, (_, i) => post(aPost(at[i % at.length] ?? '', { timeoutMs: WAVE_MS })).then(({ durationMs }) => durationMs))
    longestMs = Math.max(longestMs, ...(await Promise.all(posts)))
  }
  await wave(urls)
  // What the first wave has left is freed on the way.
  liveMb()
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const before = liveMb()
  const underWay = wave(slow)
  await new Promise((resolve) => setTimeout(resolve, WAVE_MS / 2))
  const during = liveMb() - before
  await underWay
  for (let n = 0; n < 2; n++) await wave(urls)
  stalls.disable()
  // Idle connections end by themselves after four seconds.
  let after = Infinity
  await until(() => (after = liveMb() - before) < 10, { everyMs: 1_000, timeoutMs: 15_000 })
  child.disconnect()
  const figure = `memory ${signed(during)} MB under way, ${signed(after)} MB after; longest ${Math.round(longestMs)} ms of ${WAVE_MS} + ${SLACK_MS}`
  tell({ kind: 'answers: 1,000 at once, 4 times', tried: 4_000, refused: 4_000, figure })
  expect(longestMs).toBeLessThan(WAVE_MS + SLACK_MS + stalls.max / 1e6)
  expect(during).toBeLessThan(100)
})

/** What is in use, buffers too, once the garbage is gone. */
function liveMb(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

const signed = (mb: number): string => `${mb < 0 ? '' : '+'}${mb.toFixed(1)}`

it('is stored and shown as text, whatever is in it', async () => {
  const body = '<script>alert(1)</script>\u001b[2J\u0000\u202e"}],"status":"delivered" \ufffd %0d%0aset-cookie: a=b'
  const receiver = await scene.receiver({ status: 500, headers: { 'content-type': 'text/html', 'x-evil': '<img src=x onerror=alert(1)>' }, body })
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const { id } = await scene.inStatus('parked', await scene.publish())
  const { headers, body: delivery } = await scene.api<{ attempts: { response: { body: string; headers: Record<string, string> } }[] }>('GET', `/v1/deliveries/${id}`)
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(delivery.attempts[0]?.response).toMatchObject({ body, headers: { 'x-evil': '<img src=x onerror=alert(1)>' } })
})
