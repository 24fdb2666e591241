import { Big } from 'big.js'
import { elements, members, type Span } from './raw-json'

/** What stands at a place of an event's data. */
export interface Found {
  /** Two values are equal when they have a key in common. A list or an object has none. */
  keys: string[]
  /** Of a string. */
  text?: string
  /** Of a number, and of a string that is a decimal. */
  decimal?: Big
}

export interface EventData {
  /** What a path such as `lines.0.amount` leads to; nothing when it leads nowhere. */
  at: (path: string) => Found | undefined
}

/** What has more characters than this is no number that anybody compares. */
const MAX_DECIMAL_CHARACTERS = 128
const DECIMAL = /^-?\d+(\.\d+)?$/

/**
 * Reads values where they stand in JSON text that `JSON.parse` has accepted. Numbers keep all their
 * digits, names such as `__proto__` are names as any other, and whatever the depth nothing overflows.
 * Each object, list and value is read once, however many filters ask. Of a name that stands twice the
 * last counts, as for `JSON.parse`.
 */
export function readEventData(json: string): EventData {
  const children = new Map<number, Map<string, Span>>()
  const found = new Map<string, Found | undefined>()

  function childrenOf({ start }: Span): Map<string, Span> {
    let all = children.get(start)
    if (!all) children.set(start, (all = childrenAt(json, start)))
    return all
  }

  function find(path: string): Found | undefined {
    let span: Span | undefined = { start: json.search(/\S/), end: json.length }
    for (const name of path.split('.')) {
      span = span && childrenOf(span).get(name)
    }
    return span && read(json.slice(span.start, span.end))
  }

  return {
    at: (path) => {
      if (!found.has(path)) found.set(path, find(path))
      return found.get(path)
    },
  }
}

function childrenAt(json: string, start: number): Map<string, Span> {
  if (json[start] === '{') return new Map(members(json, start).map((member) => [member.key, member]))
  if (json[start] === '[') return new Map(elements(json, start).map((span, i) => [String(i), span]))
  return new Map()
}

function read(source: string): Found {
  switch (source[0]) {
    case '{':
    case '[':
      return { keys: [] }
    case '"': {
      const text: string = JSON.parse(source)
      const decimal = text.length <= MAX_DECIMAL_CHARACTERS && DECIMAL.test(text) ? new Big(text) : undefined
      return { text, keys: [textKey(text), ...(decimal ? [decimalKey(decimal)] : [])], ...(decimal && { decimal }) }
    }
    case 't':
    case 'f':
    case 'n':
      return { keys: [source] }
    default: {
      if (source.length > MAX_DECIMAL_CHARACTERS) return { keys: [] }
      const decimal = new Big(source)
      return { decimal, keys: [decimalKey(decimal)] }
    }
  }
}

const textKey = (text: string): string => `"${text}`
const decimalKey = (decimal: Big): string => `#${decimal.toString()}`

/** The key of a value that somebody looks for: a string's is its text, `"250.00"` is not 250 then. */
export function keyOf(value: string | number | boolean | null): string {
  if (typeof value === 'string') return textKey(value)
  return typeof value === 'number' ? decimalKey(new Big(value)) : String(value)
}
