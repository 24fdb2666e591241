import { median } from '../measure/statistics'
import { AIMS, MUSTS } from '../plan'
import type { Result } from '../result'

/** One thing that a release must or should reach, and whether it did. */
export interface Verdict {
  kind: 'must' | 'aim'
  what: string
  value: number
  bound: number
  pass: boolean
}

/** The results of all repetitions, in order. A ratio is taken within each repetition, side by side. */
export function verdicts(rounds: Result[][]): Verdict[] {
  const figure = (run: string, name: string): number[] =>
    rounds.flatMap((results) => results.find((result) => result.run === run)?.figures[name] ?? [])
  const ratio = (run: string, floor: string, name: string): number[] =>
    figure(run, name).flatMap((value, i) => value / (figure(floor, name)[i] ?? Number.NaN))
  const peaks = rounds.flat().flatMap(({ heraldPeakMb }) => heraldPeakMb ?? [])
  return [
    atLeast('must', '(a) events/s, times the floor', ratio('a', 'floor a', 'eventsPerSecond'), MUSTS.burstToFloor),
    atMost('must', '(b) median, times the floor', ratio('b', 'floor b', 'medianMs'), MUSTS.steadyToFloor),
    atLeast('must', '(d) events/s until parked', figure('d', 'eventsPerSecond'), MUSTS.parkedPerSecond),
    below('must', 'Herald, peak memory in MB', peaks.length > 0 ? [Math.max(...peaks)] : [], MUSTS.heraldPeakMb),
    atLeast('aim', '(a) events/s', figure('a', 'eventsPerSecond'), AIMS.burstPerSecond),
    atMost('aim', '(b) median ms', figure('b', 'medianMs'), AIMS.steadyMedianMs),
    atMost('aim', '(b) p99 ms', figure('b', 'p99Ms'), AIMS.steadyP99Ms),
    atLeast('aim', '(c) deliveries/s', figure('c', 'deliveriesPerSecond'), AIMS.deliveriesPerSecond),
    atLeast('aim', '(d) events/s until parked', figure('d', 'eventsPerSecond'), AIMS.parkedPerSecond),
  ].flat()
}

type Judge = (kind: Verdict['kind'], what: string, values: number[], bound: number) => Verdict[]

/** Nothing measured, nothing judged. */
const judge =
  (holds: (value: number, bound: number) => boolean): Judge =>
  (kind, what, values, bound) => {
    const measured = values.filter((value) => !Number.isNaN(value))
    if (measured.length === 0) return []
    const value = median(measured)
    return [{ kind, what, value, bound, pass: holds(value, bound) }]
  }

const atLeast = judge((value, bound) => value >= bound)
const atMost = judge((value, bound) => value <= bound)
const below = judge((value, bound) => value < bound)

/** One result a run: the median of every number, the worst memory, all violations. */
export function medians(rounds: Result[][]): Result[] {
  const [first = []] = rounds
  return first.map((result, i) => {
    const all = rounds.flatMap((results) => results[i] ?? [])
    const peaks = all.flatMap(({ heraldPeakMb }) => heraldPeakMb ?? [])
    const others = all.flatMap(({ othersCores }) => othersCores ?? [])
    return {
      ...result,
      figures: mediansOf(all.map(({ figures }) => figures)),
      cpuMsPerEvent: mediansOf(all.map(({ cpuMsPerEvent }) => cpuMsPerEvent)),
      violations: all.flatMap(({ violations }) => violations),
      ...(peaks.length > 0 && { heraldPeakMb: Math.max(...peaks) }),
      ...(others.length > 0 && { othersCores: median(others) }),
    }
  })
}

const mediansOf = (all: Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(all.map((each) => each[name] ?? Number.NaN))]))
