import { toPoints } from '../../portal/src/overview/series'

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
