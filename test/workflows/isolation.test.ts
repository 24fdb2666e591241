import { WEBHOOK_CAP } from '../../src/domain/lanes'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const publishMany = async (count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  expect((await scene.api('POST', '/v1/events/batch', { events })).status).toBe(200)
}

it('lets a hung endpoint hold its cap and no more: the rest waits in its queue, and the others are served', async () => {
  let [open, mostOpen] = [0, 0]
  const hung = await scene.receiver(async () => {
    mostOpen = Math.max(mostOpen, ++open)
    // Shorter than the time-out: what the other side has given up is not counted beside what follows it.
    await new Promise((resolve) => setTimeout(resolve, 500))
    open -= 1
    return { hang: true }
  })
  const healthy = await scene.receiver()
  const hungHook = await scene.subscribe(hung.url, { eventTypes: [5], timeout: '1500ms', retry: { maximumAttempts: 20, initialInterval: '1s', backoffCoefficient: 1 } })
  await scene.subscribe(healthy.url, { eventTypes: [1] })
  for (let i = 0; i < 20; i += 1) await publishMany(10)

  const queued = await until(async () => {
    const waiting = (await scene.deliveries(`webhookId=${hungHook}`)).filter((delivery) => delivery.queued)
    return waiting.length > 20 ? waiting : undefined
  })

  expect(queued.every(({ status }) => status === 'pending' || status === 'retrying')).toBe(true)
  const publishedAt = Date.now()
  await scene.publish({ type: 1, data: { id: 'acc-1', accountType: 'Savings' } })
  const [first] = await healthy.waitFor(1, 2_000)
  expect((first?.receivedAt.getTime() ?? Infinity) - publishedAt).toBeLessThan(2_000)
  expect(mostOpen).toBeLessThanOrEqual(WEBHOOK_CAP)

  hung.answer = 200
  await until(async () => (await scene.deliveries(`webhookId=${hungHook}&status=delivered`)).length === 200, { timeoutMs: 30_000 })
  expect(mostOpen).toBeLessThanOrEqual(WEBHOOK_CAP)
}, 90_000)

it('serves a webhook of a host at which several others hang', async () => {
  const host = await scene.receiver(({ path }) => (path === '/healthy' ? 200 : { hang: true }))
  const at = (path: string): string => new URL(path, host.url).href
  for (const path of ['/hung-1', '/hung-2', '/hung-3']) await scene.subscribe(at(path), { eventTypes: [5], timeout: '5s' })
  await scene.subscribe(at('/healthy'), { eventTypes: [1] })
  for (let i = 0; i < 5; i += 1) await publishMany(10)
  await host.waitFor((requests) => requests.length >= 3 * WEBHOOK_CAP, 4_500)

  const publishedAt = Date.now()
  await scene.publish({ type: 1, data: { id: 'acc-1', accountType: 'Savings' } })

  const arrived = (await host.waitFor((requests) => requests.some(({ path }) => path === '/healthy'))).find(({ path }) => path === '/healthy')
  expect((arrived?.receivedAt.getTime() ?? Infinity) - publishedAt).toBeLessThan(1_500)
})

it('parks what is used up while it waits in the queue, and delivers it by hand', async () => {
  const hung = await scene.receiver({ hang: true })
  const webhookId = await scene.subscribe(hung.url, { eventTypes: [5], timeout: '500ms', retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  for (let i = 0; i < 8; i += 1) await publishMany(10)
  const parked = await until(
    async () => {
      const found = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
      return found.length === 80 ? found : undefined
    },
    { timeoutMs: 40_000 },
  )
  expect(parked.every(({ attemptCount, parkedReason }) => attemptCount === 2 && parkedReason === 'attempts exhausted')).toBe(true)

  hung.answer = 200
  for (const { id } of parked.slice(0, 5)) expect((await scene.api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=delivered`)).length === 5)
}, 90_000)

it('holds at once, on a pause, what waits in the queue or between two attempts', async () => {
  const failing = await scene.receiver(500)
  const webhookId = await scene.subscribe(failing.url, { retry: { maximumAttempts: 5, initialInterval: '1h' } })
  const eventId = await scene.publish()
  await until(async () => (await scene.delivery(eventId))?.nextAttemptAt)

  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)

  // In a storm of failures, as the tests before make, it is in the queue: its run holds it a moment after the answer.
  expect(await scene.inStatus('held', eventId)).toMatchObject({ attemptCount: 1 })
})
