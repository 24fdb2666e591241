import pino from 'pino'
import { createHealth } from '../../activities/health'
import { SUSPENSION } from '../../src/domain/health'
import { newId } from '../../src/domain/ids'
import type { OpenWebhook } from '../../src/domain/webhook'
import type { StoreConnection } from '../../src/store/connect'
import { createHealthStore, type HealthStore } from '../../src/store/health'
import type { PostOutcome } from '../../src/store/outcomes'
import { connectTestStore } from '../support/mongo'

const REAL = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] as const

let store: StoreConnection
beforeAll(async () => {
  store = await connectTestStore()
})
afterAll(() => store.close())
// Of its clocks alone: MongoDB is the real one.
beforeEach(() => jest.useFakeTimers({ doNotFake: [...REAL] }))
afterEach(() => jest.useRealTimers())

/** What one process does with answers of a webhook, and what is on record of that. */
function watching(overrides: Partial<HealthStore> = {}) {
  const webhook = { id: newId('webhook'), tenantId: 'bank', status: 'active' } as OpenWebhook
  const health = createHealthStore(store.models)
  const { observe } = createHealth({
    health: { ...health, ...overrides },
    webhooks: { setStatus: async () => false },
    deliveries: { holdWaiting: async () => undefined },
    notices: { tellChanges: async () => undefined },
    wakeQueue: () => undefined,
    times: SUSPENSION,
    logger: pino({ level: 'silent' }),
  })
  const failed = { exchange: { startedAt: new Date(), outcome: { kind: 'failed' } } } as PostOutcome
  return {
    fail: (count: number) => observe(webhook, Array.from({ length: count }, () => failed)),
    clear: () => health.clear(webhook.id),
    failures: async () => (await health.find([webhook.id])).get(webhook.id)?.failures,
  }
}

it('writes the first failure of a webhook down at once, and then every five seconds what has come', async () => {
  const { fail, failures } = watching()
  await fail(1)
  expect(await failures()).toBe(1)
  await fail(3)
  jest.advanceTimersByTime(4_900)
  await fail(1)
  expect(await failures()).toBe(1)
  jest.advanceTimersByTime(200)
  await fail(1)
  expect(await failures()).toBe(6)
})

it('counts failures that could not be written with the next ones', async () => {
  let isAway = true
  const { fail: write } = createHealthStore(store.models)
  const { fail, failures } = watching({ fail: (...given) => (isAway ? Promise.reject(new Error('MongoDB is away')) : write(...given)) })
  await fail(2)
  isAway = false
  await fail(1)
  expect(await failures()).toBe(3)
})

it('forgets failures from before a delivery that another process has seen', async () => {
  const { fail, failures, clear } = watching()
  await fail(1)
  await fail(5)
  await clear()
  jest.advanceTimersByTime(5_100)
  await fail(1)
  expect(await failures()).toBe(1)
})
