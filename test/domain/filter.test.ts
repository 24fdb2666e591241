import { filterInput, FILTER_LIMITS } from '../../src/domain/filter'
import { check } from '../../src/domain/validation'

const read = (filter: unknown) => check(filterInput, filter, ['filter'])
const errorsOf = (filter: unknown): [string, string][] => {
  const result = read(filter)
  return 'errors' in result ? result.errors.map(({ path, message }): [string, string] => [path, message]) : []
}

const nested = (levels: number): object =>
  levels === 1 ? { path: 'a', eq: 1 } : { not: nested(levels - 1) }
const many = (count: number): object => ({ or: Array.from({ length: count }, (_, i) => ({ path: `p${i}`, eq: i })) })

test.each<[object]>([
  [{ path: 'accountType', eq: 'Savings' }],
  [{ path: 'lines.0.amount', gte: '250.00', lt: 1000 }],
  [{ path: 'amount', gt: '12345678901234567890.123456789' }],
  [{ path: 'closedBy', eq: null, exists: true }],
  [{ path: '名前', prefix: 'é' }],
  [{ path: '__proto__', eq: false }],
  [{ and: [{ path: 'a', ne: 0.1 }, { or: [{ path: 'b', in: ['x', 1, true, null] }, { not: { path: 'c', notIn: [''] } }] }] }],
  [nested(FILTER_LIMITS.depth)],
  [many(FILTER_LIMITS.conditions)],
])('accepts %j as it stands', (filter) => {
  expect(read(filter)).toEqual({ value: filter })
})

test.each<[unknown, string, string | RegExp]>([
  ['Savings', 'filter', 'must be a JSON object'],
  [[], 'filter', 'must be a JSON object'],
  [{}, 'filter', /exactly one of path, and, or, not; has none/],
  [{ path: 'a' }, 'filter', /must have a test beside path: eq, ne, in/],
  [{ eq: 1 }, 'filter', /exactly one of path/],
  [{ path: 'a', eq: 1, and: [{ path: 'b', eq: 1 }] }, 'filter', /has path, and\. Use and to combine/],
  [{ and: [{ path: 'b', eq: 1 }], lt: 1 }, 'filter', /must not have lt without a path/],
  [{ accountType: 'Savings' }, 'filter.accountType', /not known here; known: path, eq, ne, in, notIn, lt, lte, gt, gte, prefix, exists, and, or, not/],
  [{ path: 'a', $gt: 1 }, 'filter.$gt', /not known here/],
  [JSON.parse('{"path":"a","eq":1,"__proto__":{}}'), 'filter.__proto__', /not known here/],
  [{ path: 'a', constructor: 1, eq: 1 }, 'filter.constructor', /not known here/],
  [{ path: '', eq: 1 }, 'filter.path', /such as "customer\.segment"/],
  [{ path: 'a..b', eq: 1 }, 'filter.path', /such as "customer\.segment"/],
  [{ path: '.a', eq: 1 }, 'filter.path', /such as "customer\.segment"/],
  [{ path: 5, eq: 1 }, 'filter.path', 'must be a string'],
  [{ path: 'a.b.c.d.e.f.g.h.i.j.k', eq: 1 }, 'filter.path', 'must have at most 10 parts'],
  [{ path: 'a'.repeat(257), eq: 1 }, 'filter.path', 'must have at most 256 characters'],
  [{ path: 'a', eq: { b: 1 } }, 'filter.eq', 'must be a string, a number, true, false or null'],
  [{ path: 'a', eq: 'x'.repeat(257) }, 'filter.eq', 'must have at most 256 characters'],
  [{ path: 'a', eq: 1e300 }, 'filter.eq', /more than 15 digits/],
  [JSON.parse('{"path":"a","eq":12345678901234567890}'), 'filter.eq', /more than 15 digits/],
  [JSON.parse('{"path":"a","eq":10000000000000000001}'), 'filter.eq', /more than 15 digits/],
  [JSON.parse('{"path":"a","lt":0.1234567890123456789}'), 'filter.lt', /decimal in a string/],
  [{ path: 'a', in: [] }, 'filter.in', 'must have at least 1 entries'],
  [{ path: 'a', in: ['x', []] }, 'filter.in[1]', /must be a string, a number/],
  [{ path: 'a', in: Array.from({ length: 101 }, () => 1) }, 'filter.in', 'must have at most 100 entries'],
  [{ path: 'a', lt: '1,000.00' }, 'filter.lt', 'must be a number, or a decimal in a string, such as "250.00"'],
  [{ path: 'a', gte: '2026-01-01' }, 'filter.gte', /must be a number, or a decimal/],
  [{ path: 'a', lt: true }, 'filter.lt', /must be a number, or a decimal/],
  [{ path: 'a', lt: '1'.repeat(41) }, 'filter.lt', /must be a number, or a decimal/],
  [{ path: 'a', prefix: '' }, 'filter.prefix', 'must have at least 1 characters'],
  [{ path: 'a', exists: 'yes' }, 'filter.exists', 'must be true or false'],
  [{ and: [] }, 'filter.and', 'must have at least 1 entries'],
  [{ and: { path: 'a', eq: 1 } }, 'filter.and', 'must be a list'],
  [{ and: [{ path: 'a', eq: 1 }, { not: { or: [{ path: 'b', gt: 'x' }] } }] }, 'filter.and[1].not.or[0].gt', /decimal/],
  [nested(6), 'filter.not.not.not.not.not', 'is nested too deep; at most 5 levels'],
  [many(51), 'filter', 'must have at most 50 conditions; has 51'],
  [{ or: Array.from({ length: 4 }, () => ({ path: 'a', in: Array.from({ length: 50 }, () => 'x'.repeat(60)) })) }, 'filter', 'must have at most 8,192 bytes as JSON'],
])('says of %j where it is wrong', (filter, path, message) => {
  expect(errorsOf(filter)).toEqual([[path, expect.stringMatching(message)]])
})

test('names every place that is wrong', () => {
  const filter = { or: [{ path: 'a' }, { path: 'b', lt: 'x' }, { regex: '.*' }] }
  expect(errorsOf(filter).map(([path]) => path)).toEqual(['filter.or[0]', 'filter.or[1].lt', 'filter.or[2].regex'])
})

test('refuses what is nested as deep as a body can be, without falling over it', () => {
  const levels = 30_000
  const deep: unknown = JSON.parse(`${'{"not":'.repeat(levels)}1${'}'.repeat(levels)}`)
  expect(errorsOf(deep)).toEqual([['filter.not.not.not.not.not', expect.stringContaining('too deep')]])
  const list: unknown = JSON.parse(`{"path":"a","eq":${'['.repeat(levels)}${']'.repeat(levels)}}`)
  expect(errorsOf(list)).toEqual([['filter.eq', expect.stringContaining('must be a string')]])
})
