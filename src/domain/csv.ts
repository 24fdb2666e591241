/**
 * A line of RFC 4180. Spreadsheets run what begins like a formula (OWASP, "CSV Injection"): an apostrophe
 * before it makes it text there, and has to be taken off by a program that compares.
 */
export const csvLine = (fields: (string | number | undefined)[]): string => `${fields.map(csvField).join(',')}\r\n`

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const MUST_BE_QUOTED = /[",\r\n]/

function csvField(field: string | number | undefined): string {
  if (typeof field !== 'string') return field === undefined ? '' : String(field)
  const text = FORMULA.test(field) ? `'${field}` : field
  return MUST_BE_QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
