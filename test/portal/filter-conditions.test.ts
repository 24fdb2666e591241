import { readConditions, readValue, showValue, writeConditions, type Line } from '../../portal/src/webhooks/filter/conditions'

const written = (filter: object): unknown => {
  const conditions = readConditions(JSON.stringify(filter))
  return conditions && JSON.parse(writeConditions(conditions))
}

const EUR = { path: 'currency', eq: 'EUR' }
const MUCH = { path: 'amount', gte: '100.00' }

test.each<object>([
  EUR,
  { path: 'lines.0.code', in: ['a, b', 7, true, null, '7'] },
  { path: 'closedAt', exists: false },
  { path: 'closedAt', eq: null },
  { not: { path: 'accountId', prefix: 'test-' } },
  { and: [EUR, MUCH, { not: { path: 'accountId', prefix: 'test-' } }] },
  { or: [EUR, { and: [EUR, MUCH] }] },
  { or: [EUR] },
  { and: [EUR, { or: [MUCH, { path: 'vip', eq: true }] }] },
  { and: [{ or: [EUR] }] },
])('a filter of conditions and groups stays the same: %j', (filter) => {
  expect(written(filter)).toEqual(filter)
})

test.each<[object, object]>([
  [{ path: 'amount', gte: 10, lt: 20 }, { and: [{ path: 'amount', gte: 10 }, { path: 'amount', lt: 20 }] }],
  [{ or: [{ path: 'amount', gte: 10, lt: 20 }, EUR] }, { or: [{ and: [{ path: 'amount', gte: 10 }, { path: 'amount', lt: 20 }] }, EUR] }],
])('several tests of one path become lines that mean the same: %j', (filter, meaning) => {
  expect(written(filter)).toEqual(meaning)
})

test.each<object>([
  { not: EUR },
  { not: { and: [EUR] } },
  { and: [{ or: [{ and: [EUR] }] }] },
  { or: [{ or: [{ path: 'amount', gte: 10, lt: 20 }] }] },
  { path: 'amount', near: 5 },
  { path: 'amount' },
  { and: 'EUR' },
  { path: 'amount', eq: { deep: 1 } },
  [EUR],
])('what is more than that, or no filter, is left to JSON: %j', (filter) => {
  expect(written(filter)).toBeUndefined()
})

test('no condition is no filter, and what is no JSON has no conditions', () => {
  expect(readConditions(' ')).toEqual({ join: 'and', parts: [] })
  expect(writeConditions({ join: 'or', parts: [] })).toBe('')
  expect(readConditions('{ "path":')).toBeUndefined()
})

test.each<[Line['test'], string, unknown]>([
  ['eq', 'EUR', 'EUR'],
  ['eq', '4711', 4711],
  ['eq', '"4711"', '4711'],
  ['eq', '007', '007'],
  ['eq', '1.50', '1.50'],
  ['eq', '12345678901234567890', '12345678901234567890'],
  ['eq', 'true', true],
  ['eq', '"true"', 'true'],
  ['eq', 'null', null],
  ['ne', '', ''],
  ['gte', '100.00', '100.00'],
  ['gte', '100', 100],
  ['prefix', 'test-', 'test-'],
  ['prefix', '4', '4'],
  ['in', 'EUR, 7, "7", "a, b"', ['EUR', 7, '7', 'a, b']],
])('a value is read as what it looks like, and shown so that it is read as the same: %s %s', (of, typed, value) => {
  expect(readValue(of, typed)).toEqual(value)
  expect(readValue(of, showValue({ path: 'x', test: of, value }))).toEqual(value)
})

test.each(['toString', '__proto__', 'constructor'])('%s is text as any other', (typed) => {
  expect(readValue('eq', typed)).toBe(typed)
})
