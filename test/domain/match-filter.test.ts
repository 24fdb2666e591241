import { readEventData } from '../../src/domain/event-data'
import { FILTER_LIMITS, type Filter } from '../../src/domain/filter'
import { compileFilter } from '../../src/domain/match-filter'

const matches = (filter: Filter, json: string): boolean => compileFilter(filter)(readEventData(json))

const ACCOUNT = ` {
  "id": "acc-7", "accountType": "Savings", "balance": "250.00", "overdraft": 0, "code": "007",
  "big": 12345678901234567890, "rate": 1.10, "tiny": 1E-400, "negative": -0.5,
  "customer": { "segment": "SME", "name": "Ad\\u00e8le \\ud83d\\ude00", "closedBy": null, "vip": true, "a.b": 1 },
  "lines": [ { "amount": "99.95" }, { "amount": 1000 } ], "tags": ["a", "b"], "empty": "", "none": [],
  "twice": 1, "twice": 2,
  "__proto__": { "polluted": "yes" }, "constructor": "c", "length": 3
} `

describe.each<[string, [Filter, boolean][]]>([
  ['equality', [
    [{ path: 'accountType', eq: 'Savings' }, true],
    [{ path: 'accountType', eq: 'savings' }, false],
    [{ path: 'accountType', ne: 'Current' }, true],
    [{ path: 'accountType', ne: 'Savings' }, false],
    [{ path: 'customer.vip', eq: true }, true],
    [{ path: 'customer.vip', eq: 'true' }, false],
    [{ path: 'customer.vip', ne: false }, true],
    [{ path: 'empty', eq: '' }, true],
    [{ path: 'twice', eq: 2 }, true],
    [{ path: 'twice', eq: 1 }, false],
  ]],
  ['equality of a number by its value, of a string by its text', [
    [{ path: 'balance', eq: 250 }, true],
    [{ path: 'balance', eq: '250.00' }, true],
    [{ path: 'balance', eq: '250' }, false],
    [{ path: 'rate', eq: 1.1 }, true],
    [{ path: 'rate', eq: '1.10' }, false],
    [{ path: 'overdraft', eq: -0 }, true],
    [{ path: 'overdraft', eq: false }, false],
    [{ path: 'code', eq: '7' }, false],
    [{ path: 'code', eq: 7 }, true],
    [{ path: 'lines.1.amount', eq: 1000 }, true],
  ]],
  ['null and what is not there', [
    [{ path: 'customer.closedBy', eq: null }, true],
    [{ path: 'customer.closedBy', exists: true }, true],
    [{ path: 'customer.closedBy', ne: null }, false],
    [{ path: 'customer.nothing', eq: null }, false],
    [{ path: 'customer.nothing', ne: 'x' }, true],
    [{ path: 'customer.nothing', notIn: ['x'] }, true],
    [{ path: 'customer.nothing', exists: false }, true],
    [{ path: 'customer.nothing', exists: true }, false],
    [{ path: 'customer.nothing', lt: 1 }, false],
    [{ path: 'customer.nothing', gte: 1 }, false],
    [{ path: 'customer.nothing', prefix: 'x' }, false],
    [{ path: 'customer.closedBy.name', exists: true }, false],
    [{ path: 'id.length', exists: true }, false],
    [{ path: 'nothing.at.all', exists: false }, true],
    [{ path: 'customer.a.b', exists: true }, false],
  ]],
  ['sets', [
    [{ path: 'customer.segment', in: ['Retail', 'SME'] }, true],
    [{ path: 'customer.segment', in: ['Retail'] }, false],
    [{ path: 'customer.segment', notIn: ['Retail'] }, true],
    [{ path: 'customer.segment', notIn: ['Retail', 'SME'] }, false],
    [{ path: 'balance', in: [1, 250] }, true],
    [{ path: 'customer.closedBy', in: [null] }, true],
  ]],
  ['ranges', [
    [{ path: 'balance', gte: '250' }, true],
    [{ path: 'balance', gt: '250.000' }, false],
    [{ path: 'balance', gt: '99.00' }, true],
    [{ path: 'balance', lt: 1000 }, true],
    [{ path: 'balance', lte: '249.99999999999999999999' }, false],
    [{ path: 'balance', gte: 100, lt: 250 }, false],
    [{ path: 'lines.0.amount', lt: '1000' }, true],
    [{ path: 'lines.1.amount', gte: '1000.00' }, true],
    [{ path: 'negative', lt: '-0.4' }, true],
    [{ path: 'negative', gt: '-0.4' }, false],
    [{ path: 'accountType', gt: 0 }, false],
    [{ path: 'accountType', lte: 0 }, false],
    [{ path: 'customer.vip', gte: 0 }, false],
    [{ path: 'customer.closedBy', lt: 1 }, false],
    [{ path: 'none', gte: 0 }, false],
    [{ path: 'empty', lte: 0 }, false],
  ]],
  ['digits that a number of JavaScript does not keep', [
    [{ path: 'big', gte: '12345678901234567890' }, true],
    [{ path: 'big', gt: '12345678901234567889' }, true],
    [{ path: 'big', gt: '12345678901234567890' }, false],
    [{ path: 'big', lt: '12345678901234567890.000000001' }, true],
    [{ path: 'tiny', gt: 0 }, true],
  ]],
  ['prefixes', [
    [{ path: 'id', prefix: 'acc-' }, true],
    [{ path: 'id', prefix: 'ACC-' }, false],
    [{ path: 'id', prefix: 'acc-7-and-more' }, false],
    [{ path: 'overdraft', prefix: '0' }, false],
    [{ path: 'customer.name', prefix: 'Adèle \u{1f600}' }, true],
    [{ path: 'customer.name', eq: 'Adèle \u{1f600}' }, true],
  ]],
  ['lists and objects', [
    [{ path: 'lines.0.amount', eq: '99.95' }, true],
    [{ path: 'lines.2.amount', exists: true }, false],
    [{ path: 'lines.00.amount', exists: true }, false],
    [{ path: 'lines.-1.amount', exists: true }, false],
    [{ path: 'lines.amount', exists: true }, false],
    [{ path: 'lines.length', exists: true }, false],
    [{ path: 'tags', eq: 'a' }, false],
    [{ path: 'tags.1', eq: 'b' }, true],
    [{ path: 'tags', exists: true }, true],
    [{ path: 'none', exists: true }, true],
    [{ path: 'customer', exists: true }, true],
    [{ path: 'customer', ne: 'SME' }, true],
  ]],
  ['names that objects of JavaScript have of themselves', [
    [{ path: '__proto__.polluted', eq: 'yes' }, true],
    [{ path: 'constructor', eq: 'c' }, true],
    [{ path: 'length', eq: 3 }, true],
    [{ path: 'toString', exists: true }, false],
    [{ path: 'customer.__proto__', exists: true }, false],
    [{ path: 'customer.constructor.name', exists: true }, false],
    [{ path: 'customer.hasOwnProperty', exists: false }, true],
    [{ path: 'tags.constructor', exists: false }, true],
  ]],
  ['and, or, not', [
    [{ and: [{ path: 'accountType', eq: 'Savings' }, { path: 'balance', gte: 250 }] }, true],
    [{ and: [{ path: 'accountType', eq: 'Savings' }, { path: 'balance', gt: 250 }] }, false],
    [{ or: [{ path: 'accountType', eq: 'Current' }, { path: 'balance', gte: 250 }] }, true],
    [{ or: [{ path: 'accountType', eq: 'Current' }, { path: 'balance', gt: 250 }] }, false],
    [{ not: { path: 'accountType', eq: 'Current' } }, true],
    [{ not: { or: [{ path: 'accountType', eq: 'Current' }, { path: 'nothing', lt: 5 }] } }, true],
    [{ not: { and: [{ path: 'accountType', eq: 'Savings' }, { not: { path: 'nothing', exists: true } }] } }, false],
  ]],
])('%s', (_what, rows) => {
  test.each(rows)('%j: %s', (filter, expected) => {
    expect(matches(filter, ACCOUNT)).toBe(expected)
  })
})

test.each(['{"id":"a","n":1e99999}', '{"id":"a","n":-1e-99999}', `{"id":"a","n":${'9'.repeat(200_000)}}`, `{"id":"a","n":"${'9'.repeat(200_000)}"}`])(
  'has an answer for numbers that are none of a bank: %.30s',
  (json) => {
    expect([true, false]).toContain(matches({ path: 'n', gte: 0 }, json))
    expect(matches({ path: 'n', exists: true }, json)).toBe(true)
  },
)

test('finds its way through what is nested as deep as an event can be', () => {
  const levels = 100_000
  const json = `{"id":"a","deep":${'['.repeat(levels)}${']'.repeat(levels)},"after":"x"}`
  expect(matches({ and: [{ path: 'after', eq: 'x' }, { path: 'deep.0.0.0.0.0.0.0.0.0', exists: true }] }, json)).toBe(true)
})

test('judges the largest event by a thousand of the largest filters within the time of a heartbeat', () => {
  const { conditions, pathParts } = FILTER_LIMITS
  const lines = Array.from({ length: 3_400 }, (_, i) => ({ amount: `${i}.00`, note: 'x'.repeat(40) }))
  const json = JSON.stringify(Array.from({ length: pathParts - 3 }).reduce((inner) => ({ a: inner }), { lines }))
  expect(json.length).toBeGreaterThan(240_000)
  const under = 'a.'.repeat(pathParts - 3)
  const begun = performance.now()
  const filters = Array.from({ length: 1_000 }, (_, n) =>
    compileFilter({ or: Array.from({ length: conditions }, (_, i) => ({ path: `${under}lines.${n * 3 + i}.amount`, lt: '-1' })) }),
  )
  const data = readEventData(json)
  expect(filters.some((filter) => filter(data))).toBe(false)
  expect(performance.now() - begun).toBeLessThan(3_000)
})

test.each<object>([{ path: 'a', regex: '.*' }, { path: 'a', eq: 1, constructor: 2 }, {}, { xor: [] }])(
  'throws on %j, which is no filter that it knows',
  (filter) => {
    expect(() => compileFilter(filter as Filter)).toThrow(/a filter has/)
  },
)
