/** In place of a value that the caller may not see. */
export const MASKED = '***'

/** Deeper than any event may be: below it everything is one value. */
const MAX_DEPTH = 64

/** The structure of a JSON text with every value masked: names, lengths of lists and null are shown. */
export function maskedJson(text: string): string {
  return JSON.stringify(masked(JSON.parse(text), 0))
}

/** The same of a text that may be no JSON, and is one value then. */
export function maskedText(text: string): string {
  if (text === '') return ''
  try {
    return maskedJson(text)
  } catch {
    return MASKED
  }
}

function masked(value: unknown, depth: number): unknown {
  if (value === null) return null
  if (typeof value !== 'object' || depth === MAX_DEPTH) return MASKED
  if (Array.isArray(value)) return value.map((each) => masked(each, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each, depth + 1)]))
}

/** Of an answer's headers, those that tell of its form alone. */
const SHOWN_HEADERS = new Set(['content-type', 'content-length', 'content-encoding', 'date', 'retry-after', 'connection', 'transfer-encoding', 'keep-alive'])

export const maskedHeaders = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, SHOWN_HEADERS.has(name.toLowerCase()) ? value : MASKED]))
