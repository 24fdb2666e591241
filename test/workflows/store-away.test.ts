import { setTimeout as pause } from 'node:timers/promises'
import { testConfig } from '../support/herald'
import { startMongoProxy, type MongoProxy } from '../support/mongo-proxy'
import { useScene, type Scene } from '../support/scene'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'

/** So that the driver's own second try, which would mend it, comes too early. */
const AWAY_MS = 4_000

/** A scene whose Herald reaches MongoDB by a way that can be cut. */
let proxy: MongoProxy
const config = testConfig()
beforeAll(async () => {
  proxy = await startMongoProxy(sharedStack().mongodbUri)
  config.mongodb.uri = proxy.uri
})
const scene: Scene = useScene({ config })
afterAll(() => proxy.close())

const RETRY = { maximumAttempts: 3, initialInterval: '1s', backoffCoefficient: 1 }

async function comeBack(): Promise<void> {
  await pause(AWAY_MS)
  proxy.open()
}

it('uses no attempt when the answer to the claim of one is lost', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: RETRY })
  const eventId = await scene.publish()
  await receiver.waitFor(1)

  await proxy.lose('answer', /update.*deliveries.*\$push.*intents/s)
  await comeBack()

  const parked = await scene.inStatus('parked', eventId, undefined, 40_000)
  expect(parked.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
  expect(receiver.requests).toHaveLength(3)
})

it('uses no attempt when the answer to the first intent is lost', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: RETRY })

  const lost = proxy.lose('answer', /insert.{0,12}deliveries/s)
  const eventId = await scene.publish()
  await lost
  await comeBack()

  const parked = await scene.inStatus('parked', eventId, undefined, 40_000)
  expect(parked.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
  expect(receiver.requests).toHaveLength(3)
})

it('uses no attempt when MongoDB goes away before what was not begun is given back', async () => {
  // The first 20 fill the cap; when they have ended it is too late for the others in this lane.
  const receiver = await scene.receiver((_, n) => (n === 1 ? 200 : { status: 500, delayMs: 5_500 }))
  const webhookId = await scene.subscribe(receiver.url, { retry: { ...RETRY, maximumAttempts: 1 } })
  // Known to answer quickly: the others are tried in the fast lane.
  await scene.inStatus('delivered', await scene.publish())

  const lost = proxy.lose('request', /\$pop.*intents/s)
  const events = Array.from({ length: 30 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  await lost
  await comeBack()

  await receiver.waitFor(31, 40_000)
  const parked = await until(async () => {
    const found = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
    return found.length === 30 ? found : undefined
  }, { timeoutMs: 40_000 })
  expect(new Set(parked.map(({ attemptCount, lastOutcome }) => `${attemptCount} ${lastOutcome?.kind}`))).toEqual(new Set(['1 failed']))
  expect(receiver.requests).toHaveLength(31)
})
