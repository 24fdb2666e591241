import { formatDuration, parseDuration } from '../../src/domain/duration'

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['2s', 2_000],
  ['1.5s', 1_500],
  ['1.1s', 1_100],
  ['5m', 300_000],
  ['36h', 129_600_000],
  ['30d', 2_592_000_000],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '2', 's', '-1s', '2 s', '1.5ms', '2S', '1e3s', '1h30m', '9999999999999d'])('does not read %j', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [0, '0ms'],
  [500, '500ms'],
  [2_000, '2s'],
  [90_000, '90s'],
  [60_000, '1m'],
  [3_600_000, '1h'],
  [86_400_000, '1d'],
])('says %i ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
  expect(parseDuration(text)).toBe(ms)
})
