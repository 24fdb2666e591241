import { latest, median, percentile } from '../measure/statistics'
import { AIMS, MUSTS } from '../plan'
import type { Result } from '../result'
import { controlOf } from '../runs/isolate'
import { ISOLATION_RUNS } from '../suite'

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
    atLeast('must', '(a) events/s', figure('a', 'eventsPerSecond'), MUSTS.burstPerSecond),
    atLeast('must', '(a-beside) events/s, times (a)', ratio('a-beside', 'a', 'eventsPerSecond'), MUSTS.besideToBurst),
    atLeast('must', '(a2) events/s, times (a)', ratio('a2', 'a', 'eventsPerSecond'), MUSTS.tenantsToBurst),
    atLeast('must', '(ordered) events/s, times (a)', ratio('ordered', 'a', 'eventsPerSecond'), MUSTS.orderedToBurst),
    atMost('must', '(b) median, times the floor', ratio('b', 'floor b', 'medianMs'), MUSTS.steadyToFloor),
    atMost('must', '(b) median ms', figure('b', 'medianMs'), MUSTS.steadyMedianMs),
    atMost('must', '(b) p99 ms', figure('b', 'p99Ms'), MUSTS.steadyP99Ms),
    atMost('must', '(b5) median ms', figure('b5', 'medianMs'), MUSTS.calmMedianMs),
    atLeast('must', '(c) deliveries/s', figure('c', 'deliveriesPerSecond'), MUSTS.deliveriesPerSecond),
    atLeast('must', '(batch) events/s', figure('batch', 'eventsPerSecond'), MUSTS.batchPerSecond),
    atLeast('must', '(d) events/s until parked', figure('d', 'eventsPerSecond'), MUSTS.parkedPerSecond),
    atLeast('must', '(storm) events/s until parked', figure('storm', 'eventsPerSecond'), MUSTS.stormPerSecond),
    atMost('must', '(storm) p99 ms of the healthy one', figure('storm', 'p99Ms'), MUSTS.stormP99Ms),
    atLeast('must', '(release) deliveries/s', figure('release', 'eventsPerSecond'), MUSTS.releasedPerSecond),
    atLeast('must', '(release-killed) deliveries/s', figure('release-killed', 'eventsPerSecond'), MUSTS.releasedPerSecond),
    ...(['g', 'g-long'] as const).map((run) => flatVerdicts(figure, run)),
    atMost('must', '(portal) slowest of the first pages until it answers, ms', figure('portal', 'worstPageMs'), MUSTS.pageMs),
    atMost('must', '(portal) slowest filter of a list, or count, ms', figure('portal', 'worstFilterMs'), MUSTS.filterMs),
    atMost('must', '(portal) slowest answer of the statistics, ms', figure('portal', 'worstStatisticsMs'), MUSTS.filterMs),
    ...ISOLATION_RUNS.map((run) => isolationVerdicts(rounds, run)),
    below('must', 'Herald, peak memory in MB', peaks.length > 0 ? [Math.max(...peaks)] : [], MUSTS.heraldPeakMb),
    atLeast('aim', '(a) events/s', figure('a', 'eventsPerSecond'), AIMS.burstPerSecond),
    atMost('aim', '(b) median ms', figure('b', 'medianMs'), AIMS.steadyMedianMs),
    atMost('aim', '(b) p99 ms', figure('b', 'p99Ms'), AIMS.steadyP99Ms),
    atMost('aim', '(b5) median ms', figure('b5', 'medianMs'), AIMS.calmMedianMs),
    atLeast('aim', '(c) deliveries/s', figure('c', 'deliveriesPerSecond'), AIMS.deliveriesPerSecond),
    atLeast('aim', '(batch) events/s', figure('batch', 'eventsPerSecond'), AIMS.batchPerSecond),
    atLeast('aim', '(d) events/s until parked', figure('d', 'eventsPerSecond'), AIMS.parkedPerSecond),
    atLeast('aim', '(storm) events/s until parked', figure('storm', 'eventsPerSecond'), AIMS.stormPerSecond),
  ].flat()
}

/** With the most in the stores, beside none. */
const flatVerdicts = (figure: (run: string, name: string) => number[], run: string): Verdict[] => [
  ...atMost('must', `(${run}) time a delivery takes in a burst, times that with empty stores`, figure(run, 'burstTimes'), MUSTS.flatTimes),
  ...atMost('must', `(${run}) time of all lists, times that with empty stores`, figure(run, 'listsTimes'), MUSTS.flatTimes),
  ...atMost('must', `(${run}) the same of the list that suffers most`, figure(run, 'worstListTimes'), MUSTS.flatTimes),
  ...atMost('must', `(${run}) retry to arrival, times that with empty stores`, figure(run, 'retryTimes'), MUSTS.flatTimes),
]

/** The latencies of all repetitions are pooled: one of them has too few for its p99. */
function isolationVerdicts(rounds: Result[][], run: string): Verdict[] {
  const resultsOf = (name: string): Result[] => rounds.flat().filter((result) => result.run === name)
  const p99Of = (name: string): number => percentile(resultsOf(name).flatMap(({ latenciesMs = [] }) => latenciesMs), 0.99)
  const control = p99Of(controlOf(run))
  const bound = Math.max(control * MUSTS.isolatedTimes, control + MUSTS.isolatedMoreMs)
  const open = resultsOf(run).flatMap(({ figures }) => figures.openAtOneBad ?? [])
  return [
    ...atMost('must', `(${run}) p99 ms of the healthy ones, bound by the control's ${Math.round(control)}`, [p99Of(run)], bound),
    ...atMost('must', `(${run}) requests open at one bad endpoint`, open.length > 0 ? [latest(open)] : [], MUSTS.openAtOneBad),
  ]
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
    const latenciesMs = all.flatMap((each) => each.latenciesMs ?? [])
    return {
      ...result,
      figures: mediansOf(all.map(({ figures }) => figures)),
      cpuMsPerEvent: mediansOf(all.map(({ cpuMsPerEvent }) => cpuMsPerEvent)),
      violations: all.flatMap(({ violations }) => violations),
      ...(latenciesMs.length > 0 && { latenciesMs }),
      ...(peaks.length > 0 && { heraldPeakMb: Math.max(...peaks) }),
      ...(others.length > 0 && { othersCores: median(others) }),
    }
  })
}

const mediansOf = (all: Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(all.map((each) => each[name] ?? Number.NaN))]))
