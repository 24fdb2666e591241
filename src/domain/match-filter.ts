import { Big } from 'big.js'
import { keyOf, type EventData, type Found } from './event-data'
import type { Bound, Condition, Filter, Operand } from './filter'

/** Whether the filter lets an event with this data through. */
export type Matches = (data: EventData) => boolean

type Test = (found: Found | undefined) => boolean

/**
 * Makes a filter ready for many events. No code is generated and no pattern is run: the time is that
 * of comparing each condition once.
 * @throws {Error} when the filter is of another shape, such as a later version's.
 */
export function compileFilter(filter: Filter): Matches {
  if ('and' in filter) return every(filter.and.map(compileFilter))
  if ('or' in filter) {
    const parts = filter.or.map(compileFilter)
    return (data) => parts.some((matches) => matches(data))
  }
  if ('not' in filter) {
    const matches = compileFilter(filter.not)
    return (data) => !matches(data)
  }
  const { path } = filter
  if (typeof path !== 'string') throw new Error('a filter has a part without path, and, or and not')
  return every(testsOf(filter).map((test) => (data) => test(data.at(path))))
}

const every = (parts: Matches[]): Matches => (data) => parts.every((matches) => matches(data))

function testsOf({ path: _path, eq, ne, in: among, notIn, lt, lte, gt, gte, prefix, exists, ...rest }: Condition): Test[] {
  const [unknown] = Object.keys(rest)
  // To leave it out could turn the answer round, under a `not`.
  if (unknown !== undefined) throw new Error(`a filter has a test that is not known here: ${unknown}`)
  return [
    eq !== undefined && isAmong([eq]),
    ne !== undefined && isNot(isAmong([ne])),
    among !== undefined && isAmong(among),
    notIn !== undefined && isNot(isAmong(notIn)),
    lt !== undefined && isOrdered(lt, (order) => order < 0),
    lte !== undefined && isOrdered(lte, (order) => order <= 0),
    gt !== undefined && isOrdered(gt, (order) => order > 0),
    gte !== undefined && isOrdered(gte, (order) => order >= 0),
    prefix !== undefined && ((found?: Found) => found?.text?.startsWith(prefix) === true),
    exists !== undefined && ((found?: Found) => (found !== undefined) === exists),
  ].filter((test) => test !== false)
}

function isAmong(operands: Operand[]): Test {
  const keys = new Set(operands.map(keyOf))
  return (found) => found?.keys.some((key) => keys.has(key)) === true
}

const isNot = (test: Test): Test => (found) => !test(found)

/** What is no number and no decimal is neither less nor greater. */
function isOrdered(bound: Bound, holds: (order: number) => boolean): Test {
  const limit = new Big(bound)
  return (found) => found?.decimal !== undefined && holds(found.decimal.cmp(limit))
}
