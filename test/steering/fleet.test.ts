import { WEBHOOK_CAP } from '../../src/domain/lanes'
import { createBank } from '../support/bank'
import { startTestHerald, type TestHerald } from '../support/herald'
import { startReceiver, type Receiver } from '../support/receiver'
import { until } from '../support/until'

const EVENTS = 160
const HELD_MS = 300

let first: TestHerald
let second: TestHerald
let receiver: Receiver
let open = 0
let mostOpen = 0

beforeAll(async () => {
  first = await startTestHerald()
  second = await startTestHerald({ config: { ...first.config, processId: `${first.config.processId}-2` } })
  receiver = await startReceiver({
    answer: async () => {
      mostOpen = Math.max(mostOpen, ++open)
      await new Promise((resolve) => setTimeout(resolve, HELD_MS))
      open -= 1
      return 200
    },
  })
})
afterAll(async () => {
  await first?.stop()
  await receiver?.close()
})

const members = ({ herald }: TestHerald): Promise<number> => herald.context.store.models.members.countDocuments()
const shares = (): number[] => [first, second].map(({ herald }) => herald.context.fleet.share(WEBHOOK_CAP))

it('keeps the cap of a webhook over two processes that POST to it at once', async () => {
  await until(() => shares().every((share) => share === WEBHOOK_CAP / 2))
  const bank = createBank(first.api)
  const webhookId = await bank.subscribe(receiver.url)
  const batch = (from: number) => Array.from({ length: 10 }, (_, i) => ({ type: 5, data: { id: `txn-${from + i}` } }))
  // Each process starts and dispatches what is published at it.
  for (let i = 0; i < EVENTS; i += 20) {
    await first.api('POST', '/v1/events/batch', { events: batch(i) })
    await second.api('POST', '/v1/events/batch', { events: batch(i + 10) })
  }
  await until(async () => (await bank.deliveries(`webhookId=${webhookId}&status=delivered`)).length === EVENTS, { timeoutMs: 40_000 })

  expect(receiver.requests).toHaveLength(EVENTS)
  // More than one process may have: both took part.
  expect(mostOpen).toBeGreaterThan(WEBHOOK_CAP / 2)
  expect(mostOpen).toBeLessThanOrEqual(WEBHOOK_CAP)
}, 60_000)

it('knows at once of a webhook that another process has changed', async () => {
  const moved = await startReceiver()
  const bank = createBank(first.api)
  const webhookId = await bank.subscribe(receiver.url, { eventTypes: [1] })
  const publish = () => createBank(second.api).publish({ type: 1, data: { id: 'acc-1', accountType: 'Savings' } })
  await bank.inStatus('delivered', await publish(), webhookId)
  expect((await first.api('PATCH', `/v1/webhooks/${webhookId}`, { url: moved.url })).status).toBe(200)
  await new Promise((resolve) => setTimeout(resolve, 1_000))

  await bank.inStatus('delivered', await publish(), webhookId)
  expect(moved.requests).toHaveLength(1)
  await moved.close()
})

it('gives the whole cap back to the process that is left', async () => {
  expect(await members(first)).toBe(2)
  await second.stop()
  await until(() => first.herald.context.fleet.share(WEBHOOK_CAP) === WEBHOOK_CAP, { timeoutMs: 5_000 })
  expect(await members(first)).toBe(1)
})
