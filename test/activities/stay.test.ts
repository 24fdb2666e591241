import type { Outlook } from '../../activities/queue-shift'
import { createStays } from '../../activities/stay'
import { createQueueRuns } from '../../src/steering/queue-runs'

const NOW = new Date('2026-01-31T12:00:00Z').getTime()
const later = (ms: number): Outlook => ({ kind: 'later', notBefore: Date.now() + ms })
const never = (): boolean => false

afterEach(() => jest.useRealTimers())

function stays(parked: string[] = [], random = 0) {
  const stopping = new AbortController()
  const queueRuns = createQueueRuns(stopping.signal)
  const run = queueRuns.begin('w', never)
  return { queueRuns, run, stop: () => stopping.abort(), stay: createStays({ queueRuns, stopping: stopping.signal }, () => random)({ run, parked }) }
}

/** What it answers, and after how many ms. */
async function timed(stay: Promise<boolean>): Promise<[boolean, number]> {
  const begun = performance.now()
  const looksAgain = await stay
  return [looksAgain, performance.now() - begun]
}

it('looks again when what is next is due', async () => {
  const { stay } = stays()
  const [looksAgain, ms] = await timed(stay(later(400)))
  expect(looksAgain).toBe(true)
  expect(ms).toBeGreaterThanOrEqual(390)
  expect(ms).toBeLessThan(2_000)
  expect(await stay({ kind: 'more' })).toBe(true)
})

it('looks again as soon as something comes, not before a fifth of a second: that ends no wait for a turn', async () => {
  const { stay, queueRuns } = stays()
  queueRuns.wake('w')
  const [looksAgain, ms] = await timed(stay(later(15_000)))
  expect(looksAgain).toBe(true)
  expect(ms).toBeGreaterThanOrEqual(190)
  expect(ms).toBeLessThan(2_000)
})

it('ends when another run of the queue begins here, or the process stops, while it sleeps', async () => {
  const [replaced, stopped] = [stays(), stays()]
  const answers = [replaced.stay(later(15_000)), stopped.stay(later(15_000))]
  replaced.queueRuns.begin('w', never)
  stopped.stop()
  expect(await Promise.all(answers)).toEqual([false, false])
  replaced.run.end()
})

it('leaves to the workflow what is not due soon, and what has to be looked after first', async () => {
  const { stay } = stays()
  const unsettled: Outlook = { kind: 'later', notBefore: Date.now() + 1_000, unsettled: true }
  expect(await Promise.all([stay(later(25_000)), stay({ kind: 'empty' }), stay(unsettled)])).toEqual([false, false, false])
})

it('makes room for others where more than half of the slots would be taken', async () => {
  const { stay, queueRuns } = stays()
  const begin = (count: number): void => void Array.from({ length: count }, (_, i) => queueRuns.begin(`w-${queueRuns.count()}-${i}`, never))
  begin(199)
  expect(await stay({ kind: 'more' })).toBe(true)
  begin(1)
  expect(await stay({ kind: 'more' })).toBe(false)
})

it('gives the workflow its turn after a minute, sooner where something is parked, and of many not to all at once', async () => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick', 'queueMicrotask', 'performance'] })
  const parked: string[] = []
  const [busy, parking] = [stays(), stays(parked)]
  const at = async (ms: number): Promise<boolean[]> => {
    jest.setSystemTime(NOW + ms)
    return Promise.all([busy.stay({ kind: 'more' }), parking.stay({ kind: 'more' })])
  }
  expect(await at(1_000)).toEqual([true, true])
  parked.push('d-1')
  expect(await at(2_000)).toEqual([true, true])
  expect(await at(21_900)).toEqual([true, true])
  expect(await at(22_000)).toEqual([true, false])
  expect(await at(59_900)).toEqual([true, false])
  expect(await at(60_000)).toEqual([false, false])
  const late = stays([], 0.9)
  jest.setSystemTime(NOW + 60_000 * 2.4)
  expect(await late.stay({ kind: 'more' })).toBe(true)
  const many = stays(Array.from({ length: 500 }, (_, i) => `d-${i}`))
  expect(await many.stay({ kind: 'more' })).toBe(false)
})
