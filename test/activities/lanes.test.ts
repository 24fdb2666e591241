import { setTimeout as wait } from 'node:timers/promises'
import { createLanes, type Lanes } from '../../activities/lanes'
import { CROWD, STALLED_MS, STORM_PER_SECOND, WIDE_STORM } from '../../src/domain/lanes'

const CAP = 3
let lanes: Lanes

beforeEach(() => {
  lanes = createLanes(() => CAP)
})

const answerAll = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) (await lanes.take('w', 0))?.('delivered')
}

it('gives as many permits as the cap, and the next one to whoever waited longest', async () => {
  const [first] = await Promise.all(Array.from({ length: CAP }, () => lanes.take('w', 0)))
  const order: string[] = []
  const [a, b] = ['a', 'b'].map((name) => lanes.take('w', 500).then((permit) => permit && order.push(name)))
  first?.('delivered')
  await a
  expect(order).toEqual(['a'])
  await b
  expect(order).toEqual(['a'])
  expect(await lanes.take('another', 0)).toBeDefined()
})

it('tries a webhook that it does not know with one request in the fast lane', async () => {
  expect(lanes.isFast('w')).toBe(true)
  const giveBack = await lanes.take('w', 0)
  expect(lanes.isFast('w')).toBe(false)
  giveBack?.('delivered')
  expect(lanes.isFast('w')).toBe(true)
})

it('has a hung webhook use its queue once very many requests are in flight', async () => {
  const hung = await lanes.take('w', 0)
  await wait(STALLED_MS + 50)
  expect(lanes.isCongested('w')).toBe(false)
  const others = await Promise.all(Array.from({ length: CROWD - 1 }, (_, i) => lanes.take(`other-${i}`, 0)))
  expect(lanes.isCongested('w')).toBe(true)
  expect(lanes.isCongested('other-1')).toBe(false)
  others[0]?.('delivered')
  expect(lanes.isCongested('w')).toBe(false)
  hung?.('failed')
})

it('takes a webhook out of the fast lane before its hung request has timed out, and back when it answers', async () => {
  await answerAll(5)
  const giveBack = await lanes.take('w', 0)
  expect(lanes.isFast('w')).toBe(true)
  await wait(STALLED_MS + 50)
  expect(lanes.isFast('w')).toBe(false)
  giveBack?.('delivered')
  expect(lanes.isFast('w')).toBe(true)
})

it('refuses at once where a hung webhook has its cap', async () => {
  for (let i = 0; i < CAP; i += 1) await lanes.take('w', 0)
  await wait(STALLED_MS + 50)
  const begun = performance.now()
  expect(await lanes.take('w', 1_000)).toBeUndefined()
  expect(performance.now() - begun).toBeLessThan(100)
})

it('remembers for a while that deliveries wait', () => {
  expect(lanes.isCongested('w')).toBe(false)
  lanes.congest('w')
  expect(lanes.isCongested('w')).toBe(true)
  lanes.clear('w')
  expect(lanes.isCongested('w')).toBe(false)
})

it('takes very many failures in a second for a storm', async () => {
  // Some arrive in between.
  for (let i = 1; i < STORM_PER_SECOND; i += 1) for (const outcome of ['failed', 'delivered'] as const) (await lanes.take('w', 0))?.(outcome)
  expect(lanes.isCongested('w')).toBe(false)
  ;(await lanes.take('w', 0))?.('failed')
  expect(lanes.isCongested('w')).toBe(true)
})

const fail = async (webhookId: string, count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) (await lanes.take(webhookId, 0))?.('failed')
}

it('has what fails again and again use its queue while very much fails everywhere', async () => {
  await answerAll(1)
  await fail('w', WIDE_STORM.inARow)
  expect(lanes.isCongested('w')).toBe(false)
  for (let i = 0; i < WIDE_STORM.perSecond; i += 1) await fail(`other-${i}`, 1)
  await fail('w', 1)
  expect(lanes.isCongested('w')).toBe(true)
  expect(lanes.isCongested('other-1')).toBe(false)
})

it('has what has never delivered use its queue from its first failure while very much fails everywhere, in the next second too', async () => {
  await answerAll(1)
  for (let i = 0; i < WIDE_STORM.perSecond; i += 1) await fail(`other-${i}`, 1)
  await wait(1_010)
  await fail('new', 1)
  expect(lanes.isCongested('new')).toBe(true)
  await fail('w', 1)
  expect(lanes.isCongested('w')).toBe(false)
})

it('sends nothing more by way of a queue that only waits, once the webhook has delivered again', async () => {
  lanes.congest('w')
  await answerAll(1)
  await fail('w', 1)
  lanes.recover('w')
  expect(lanes.isCongested('w')).toBe(true)
  await answerAll(1)
  lanes.recover('w')
  expect(lanes.isCongested('w')).toBe(false)
})

it('expects no more of a webhook that it does not know than its cap', async () => {
  expect(lanes.capacity('w', 1_000)).toBe(CAP)
  await answerAll(20)
  expect(lanes.capacity('w', 1_000)).toBeGreaterThan(CAP)
})
