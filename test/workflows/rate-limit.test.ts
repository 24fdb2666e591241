import { startTestHerald } from '../support/herald'
import type { Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const batch = async (count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  expect((await scene.api('POST', '/v1/events/batch', { events })).status).toBe(200)
}

const allIn = (webhookId: string, status: string, count: number) =>
  until(
    async () => {
      const found = await scene.deliveries(`webhookId=${webhookId}&status=${status}`)
      return found.length === count ? found : undefined
    },
    { timeoutMs: 40_000 },
  )

const timesOf = (receiver: Receiver): number[] => receiver.requests.map(({ receivedAt }) => receivedAt.getTime()).toSorted((a, b) => a - b)

/** The most that arrived in any period of so many ms. */
function mostIn(periodMs: number, times: number[]): number {
  return Math.max(...times.map((from, i) => times.filter((at, j) => j >= i && at < from + periodMs).length))
}

/** What a turn may be late on its way to the receiver, on a busy machine. */
const JITTER = 2

it('never POSTs more than its limit in any second: first attempts, retries and a release together', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 }, rateLimit: { requests: 20, per: 'second' } })
  await batch(30)
  await allIn(webhookId, 'parked', 30)
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { retry: { maximumAttempts: 3, initialInterval: '500ms', backoffCoefficient: 1 } })
  receiver.answer = ({ headers }) => (headers['herald-attempt'] === '1' ? 500 : 200)

  await scene.api('POST', '/v1/releases', { action: 'retry', filter: { webhookId }, ratePerSecond: 50 })
  await batch(40)

  const delivered = await allIn(webhookId, 'delivered', 70)
  expect(delivered.reduce((sum, { attemptCount }) => sum + attemptCount, 0)).toBe(receiver.requests.length)
  expect(delivered.every(({ attemptCount }) => attemptCount === 2)).toBe(true)
  const times = timesOf(receiver)
  expect(mostIn(1_000, times)).toBeLessThanOrEqual(20 + JITTER)
  // 140 POSTs at 20 a second, in two goes.
  expect(times.length).toBe(140)
}, 60_000)

it('keeps near its limit, and follows another one within about a second', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], rateLimit: { requests: 60, per: 'minute' } })
  await batch(100)
  await receiver.waitFor(3)
  const slow = timesOf(receiver).slice(0, 3)
  expect((slow[2] ?? 0) - (slow[0] ?? 0)).toBeGreaterThanOrEqual(1_950)

  const changedAt = Date.now()
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { rateLimit: { requests: 25, per: 'second' } })
  await receiver.waitFor(60, 10_000)
  const fast = timesOf(receiver).filter((at) => at > changedAt)
  expect((fast[2] ?? Infinity) - changedAt).toBeLessThan(2_000)
  expect(mostIn(1_000, fast)).toBeLessThanOrEqual(25 + JITTER)
  expect((fast[49] ?? Infinity) - (fast[0] ?? 0)).toBeLessThan(4_000)

  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { rateLimit: null })
  await allIn(webhookId, 'delivered', 100)
  expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).body).not.toHaveProperty('rateLimit')
}, 60_000)

it('keeps its limit over two processes and the restart of one, without a burst', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url, { eventTypes: [5], rateLimit: { requests: 10, per: 'second' } })
  const { config } = scene.herald
  const other = await startTestHerald({ config: { ...config, processId: `${config.processId}-2`, http: { host: '127.0.0.1', port: 0 } } })
  try {
    await Promise.all([batch(40), batch(40)])
    await receiver.waitFor(15)
    await scene.herald.stop()
    await receiver.waitFor(35, 30_000)
  } finally {
    scene.herald = await startTestHerald({ config })
    await other.stop()
  }
  await receiver.waitFor(80, 60_000)
  expect(receiver.requests).toHaveLength(80)
  expect(new Set(receiver.requests.map(({ headers }) => headers['herald-attempt']))).toEqual(new Set(['1']))
  expect(mostIn(1_000, timesOf(receiver))).toBeLessThanOrEqual(10 + JITTER)
}, 120_000)

it('has no more requests at once than it may, whatever waits', async () => {
  let open = 0
  let most = 0
  const receiver = await scene.receiver(async ({ headers }) => {
    most = Math.max(most, (open += 1))
    await new Promise((resolve) => setTimeout(resolve, 100))
    open -= 1
    return headers['herald-attempt'] === '1' && Number(headers['webhook-timestamp']) % 2 === 0 ? 500 : 200
  })
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], maxInFlight: 3 })
  await Promise.all([batch(30), batch(30)])
  await allIn(webhookId, 'delivered', 60)
  expect(most).toBe(3)
}, 60_000)

it('delivers what comes now and then without delay', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], rateLimit: { requests: 100, per: 'second' } })
  const late: number[] = []
  for (let i = 1; i <= 6; i += 1) {
    const publishedAt = Date.now()
    await scene.publish()
    const [arrived] = (await receiver.waitFor(i)).slice(i - 1)
    late.push((arrived?.receivedAt.getTime() ?? 0) - publishedAt)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  // All but the first find somebody who waits for them.
  expect(Math.max(...late.slice(1))).toBeLessThan(1_000)
  await allIn(webhookId, 'delivered', 6)
}, 60_000)

it('says which part of a limit cannot be', async () => {
  const url = 'http://127.0.0.1:9/hook'
  const answer = await scene.api('POST', '/v1/webhooks', { url, eventTypes: [5], rateLimit: { requests: 0, per: 'hour' }, maxInFlight: 21 })
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({
    errors: [
      { path: 'rateLimit.requests', message: 'must be at least 1' },
      { path: 'rateLimit.per', message: 'must be one of second, minute' },
      { path: 'maxInFlight', message: 'must be at most 20' },
    ],
  })
})
