import { createRetryAfters, type RetryAfters } from '../../activities/retry-after'
import { createLogger } from '../../src/logger'

const webhook = { id: 'whk_1', tenantId: 'bank' }
let retryAfters: RetryAfters
let written: Date[]
/** Ends the write that is under way. */
let taken: () => void

beforeEach(() => {
  written = []
  const setRetryAfter = (_tenantId: string, _id: string, until: Date): Promise<void> => {
    written.push(until)
    return new Promise((resolve) => (taken = resolve))
  }
  retryAfters = createRetryAfters({ webhooks: { setRetryAfter }, logger: createLogger('silent') })
})

it('holds at once, and is not lifted by what was read before it was written', async () => {
  const readBefore = performance.now()
  const asked = retryAfters.ask(webhook, 60_000)
  expect(retryAfters.until('whk_1')).toBeGreaterThan(Date.now() + 59_000)
  expect(retryAfters.learn(webhook, performance.now())).toBeGreaterThan(Date.now() + 59_000)
  taken()
  await asked
  expect(retryAfters.learn(webhook, readBefore)).toBeGreaterThan(Date.now() + 59_000)
  expect(retryAfters.learn(webhook, performance.now() + 1)).toBe(0)
  expect(retryAfters.until('whk_1')).toBe(0)
})

it('writes once what many answers ask for together, and again what asks for more', async () => {
  const asked = [retryAfters.ask(webhook, 2_000), retryAfters.ask(webhook, 1_900), retryAfters.ask(webhook, 0)]
  taken()
  await Promise.all(asked)
  expect(written).toHaveLength(1)
  const more = retryAfters.ask(webhook, 5_000)
  taken()
  await more
  expect(written).toHaveLength(2)
})

it('heeds no wish for more than an hour', () => {
  void retryAfters.ask(webhook, 86_400_000)
  expect(retryAfters.until('whk_1')).toBeLessThanOrEqual(Date.now() + 3_600_250)
})

it('follows what other processes write down and lift', () => {
  retryAfters.changed('whk_1', new Date(Date.now() + 5_000))
  expect(retryAfters.until('whk_1')).toBeGreaterThan(Date.now() + 4_000)
  retryAfters.changed('whk_1', undefined)
  expect(retryAfters.until('whk_1')).toBe(0)
})
