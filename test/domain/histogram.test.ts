import { addTo, quantile, stepOf, type Histogram } from '../../src/domain/histogram'

const histogramOf = (times: number[]): Histogram => {
  const histogram: Histogram = {}
  for (const ms of times) addTo(histogram, { [stepOf(ms)]: 1 })
  return histogram
}

it('tells percentiles within 4%, from a millisecond to a month', () => {
  for (const scale of [5, 80, 1_500, 60_000, 2_600_000_000]) {
    const times = Array.from({ length: 1_000 }, (_, i) => scale * (1 + i / 100))
    for (const q of [0.5, 0.99]) {
      const exact = times[Math.ceil(q * times.length) - 1] ?? 0
      expect(Math.abs((quantile(histogramOf(times), q) ?? 0) / exact - 1)).toBeLessThan(0.04)
    }
  }
})

it('tells of parts that are added up what it tells of the whole', () => {
  const times = Array.from({ length: 500 }, (_, i) => (i * 7_919) % 10_007)
  const parts = [times.slice(0, 100), times.slice(100, 320), times.slice(320)].map(histogramOf)
  const sum: Histogram = {}
  for (const part of parts) addTo(sum, part)
  expect(sum).toEqual(histogramOf(times))
})

it('tells nothing of nothing, and takes a clock that went back for no time at all', () => {
  expect(quantile({}, 0.5)).toBeUndefined()
  expect(stepOf(-5)).toBe(0)
})
