import Table from 'cli-table3'
import type { Machine } from '../measure/machine'
import type { Result } from '../result'
import type { Verdict } from './verdicts'

/** The whole report, for people. */
export function render(machine: Machine, results: Result[], judged: Verdict[]): string {
  const { cores, cpu, memoryGb, node, system } = machine
  const head = `${cores} cores of ${cpu}, ${memoryGb} GB, Node ${node}, ${system}; servers, Herald, load and receiver share them`
  const violations = results.flatMap(({ run, violations: all }) => all.map((text) => `  ${run}: ${text}`))
  return [
    head,
    speeds(results),
    costs(results),
    ...isolation(results),
    ...noise(results),
    ...(judged.length > 0 ? [judgements(judged)] : []),
    violations.length === 0 ? 'Nothing was lost, doubled or changed.' : `BROKEN PROMISES:\n${violations.join('\n')}`,
  ].join('\n')
}

/** Cores that other programs may use before figures mean little. */
const QUIET_CORES = 0.2

function noise(results: Result[]): string[] {
  const disturbed = results.filter(({ othersCores = 0 }) => othersCores > QUIET_CORES).map(({ run }) => run)
  if (disturbed.length === 0) return []
  return [`Other programs kept this machine busy during ${disturbed.join(', ')}: repeat these on a quiet one before believing them.`]
}

function speeds(results: Result[]): string {
  const columns = ['eventsPerSecond', 'deliveriesPerSecond', 'medianMs', 'p99Ms', 'eventsPerWorkflow'] as const
  const table = new Table({
    head: ['run', 'load', 'events/s', 'deliveries/s', 'median ms', 'p99 ms', 'events a workflow', 'cores used by others'],
    style: PLAIN,
  })
  for (const { run, title, figures, othersCores } of results) {
    table.push([run, title, ...columns.map((name) => shown(figures[name])), shown(othersCores)])
  }
  return table.toString()
}

function costs(results: Result[]): string {
  const processes = [...new Set(results.flatMap(({ cpuMsPerEvent }) => Object.keys(cpuMsPerEvent)))]
  const table = new Table({ head: ['CPU ms per event', ...processes, 'Herald peak MB'], style: PLAIN })
  for (const { run, cpuMsPerEvent, heraldPeakMb } of results) {
    table.push([run, ...processes.map((name) => shown(cpuMsPerEvent[name])), shown(heraldPeakMb)])
  }
  return table.toString()
}

function isolation(results: Result[]): string[] {
  const columns = ['openAtOneBad', 'badPosts', 'badInQueue', 'badUnderWay', 'badParked', 'badDelivered'] as const
  const withBad = results.filter(({ figures }) => figures.openAtOneBad !== undefined)
  if (withBad.length === 0) return []
  const table = new Table({
    head: ['at the bad ones', 'most open at one', 'POSTs begun', 'deliveries in queue', 'under way', 'parked', 'delivered'],
    style: PLAIN,
  })
  for (const { run, figures } of withBad) table.push([run, ...columns.map((name) => shown(figures[name]))])
  return [table.toString()]
}

function judgements(judged: Verdict[]): string {
  const table = new Table({ head: ['', 'what', 'measured', 'wanted', ''], style: PLAIN })
  for (const { kind, what, value, bound, pass } of judged) {
    table.push([kind, what, shown(value), shown(bound), pass ? 'pass' : 'FAIL'])
  }
  return table.toString()
}

const PLAIN = { head: [], border: [], compact: true }

const shown = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en', { maximumSignificantDigits: value < 1_000 ? 3 : 4 })
