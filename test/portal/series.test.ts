import { toPoints } from '../../portal/src/overview/series'
import { duration } from '../../portal/src/parts/numbers'
import { timeScale } from '../../portal/src/overview/time-scale'

const QUARTER_MS = 15 * 60_000
const AT = Date.UTC(2026, 10, 29, 7)
const time = (ms: number): string => new Date(AT + ms).toISOString()
const STANDS = { arrival: { p50: 20, p99: 90 }, backlog: { parked: 3, held: 1 } }

/** Two steps of a quarter of an hour, of which the second is counted for `seenMs`. */
const points = (seenMs: number) =>
  toPoints({
    to: time(2 * QUARTER_MS),
    countedUntil: time(QUARTER_MS + seenMs),
    series: [
      { from: time(0), delivered: 30, failed: 15 },
      { from: time(QUARTER_MS), delivered: 8, failed: 4, ...STANDS },
    ],
  })

it('draws what stands and how long it took as soon as a step has begun, and rates once they say something', () => {
  const [before, begun] = points(60_000)
  expect(before).toEqual({ at: AT, deliveredPerMinute: 2, failedPerMinute: 1 })
  expect(begun).toEqual({ at: AT + QUARTER_MS, p50: 20, p99: 90, parked: 3, held: 1 })
  expect(points(4 * 60_000)[1]).toMatchObject({ deliveredPerMinute: 2, failedPerMinute: 1, p50: 20, parked: 3 })
})

it('draws no step of which nothing is known', () => {
  const [, ...rest] = toPoints({
    to: time(2 * QUARTER_MS),
    countedUntil: time(QUARTER_MS - 1_000),
    series: [{ from: time(0), delivered: 1, failed: 0 }, { from: time(QUARTER_MS), delivered: 0, failed: 0 }],
  })
  expect(rest).toEqual([])
})

it('draws the times of a chart between lines that are easily said, close around them', () => {
  expect(timeScale([21, 420, 108_000])).toEqual([20, 100, 500, 2_000, 10_000, 60_000, 300_000])
  expect(timeScale([0.4])).toEqual([1, 5])
  expect(timeScale([20])).toEqual([20, 100])
  expect(timeScale([9e9])).toEqual([2_592_000_000])
})

it('says how long something took with a space at which no line breaks', () => {
  expect([264, 1_260, 90_000, 5_400_000].map(duration)).toEqual(['264\u00A0ms', '1.3\u00A0s', '1.5\u00A0min', '1.5\u00A0h'])
})
