import { SPAN_MS, stretchesOf } from '../../src/domain/spans'
import { windowOf } from '../../src/domain/window'

const at = (text: string): number => Date.parse(`${text}Z`)
const shown = (from: string, to: string, until: { hour: string; day: string }, longest?: 'hour') =>
  stretchesOf(at(from), at(to), { hour: at(until.hour), day: at(until.day) }, longest).map(
    ({ span, from, to }) => `${(to - from) / SPAN_MS[span]} ${span} ${new Date(from).toISOString().slice(5, 16)}`,
  )

it('makes up a time of the longest spans inside and of shorter ones at its ends', () => {
  expect(shown('2026-03-01T22:58', '2026-03-04T01:02', { hour: '2026-03-04T01:00', day: '2026-03-04T00:00' })).toEqual([
    '2 minute 03-01T22:58',
    '1 hour 03-01T23:00',
    '2 day 03-02T00:00',
    '1 hour 03-04T00:00',
    '2 minute 03-04T01:00',
  ])
})

it('reads minutes where hours are not counted yet, and hours where days are not', () => {
  expect(shown('2026-03-01T00:00', '2026-03-02T02:00', { hour: '2026-03-02T01:00', day: '2026-03-01T00:00' })).toEqual(['25 hour 03-01T00:00', '60 minute 03-02T01:00'])
})

it('takes no longer spans than a step has', () => {
  expect(shown('2026-03-01T00:00', '2026-03-03T00:00', { hour: '2026-03-03T00:00', day: '2026-03-03T00:00' }, 'hour')).toEqual(['48 hour 03-01T00:00'])
})

it.each([
  ['an hour', 1, 60, 60],
  ['a day', 24, 15 * 60, 96],
  ['a week', 7 * 24, 3_600, 168],
  ['30 days', 30 * 24, 6 * 3_600, 120],
])('shows %s in steps that a chart can bear', (_, hours, stepSeconds, steps) => {
  const now = at('2026-03-31T12:34:56')
  const { from, to, stepMs } = windowOf(now - hours * 3_600_000, now, now)
  expect(stepMs).toBe(stepSeconds * 1_000)
  expect(Math.abs((to - from) / stepMs - steps)).toBeLessThanOrEqual(1)
  expect(to).toBeGreaterThanOrEqual(now)
})

it('shows an hour of long ago in steps of what is still kept', () => {
  const now = at('2026-03-31T12:00:00')
  expect(windowOf(at('2026-03-01T10:00'), at('2026-03-01T11:00'), now).stepMs).toBe(3_600_000)
})
