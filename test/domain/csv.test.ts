import { csvLine } from '../../src/domain/csv'

it('quotes what RFC 4180 wants quoted, and nothing else', () => {
  expect(csvLine(['plain', 7, undefined, 'a,b', 'say "no"', 'two\nlines', ' kept '])).toBe('plain,7,,"a,b","say ""no""","two\nlines", kept \r\n')
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1', '＝1'])('makes text of %j, which a spreadsheet would run', (text) => {
  expect(csvLine([text]).replace(/^"/, '').startsWith("'")).toBe(true)
})

it('leaves numbers of ours alone', () => {
  expect(csvLine([-1])).toBe('-1\r\n')
})
