/** A member of a JSON object, with where its value stands in the text. */
export interface Member {
  key: string
  start: number
  end: number
}

export interface Span {
  start: number
  end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const SPACE = 0x20

/**
 * Finds the source of values in a text that `JSON.parse` has accepted, so that `1.10`, 20-digit
 * numbers, key order and escapes survive. Not for any other text: nothing is checked again.
 *
 * The members of the object that begins at or after `from`, in order and with duplicates.
 */
export function members(text: string, from = 0): Member[] {
  const result: Member[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const keyEnd = skipString(text, at)
    const key = readKey(text, at, keyEnd)
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    result.push({ key, start, end })
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return result
}

/** Where the values of the list that begins at or after `from` stand. */
export function elements(text: string, from: number): Span[] {
  const result: Span[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (text.charCodeAt(at) !== CLOSE_LIST) {
    const end = skipValue(text, at)
    result.push({ start: at, end })
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return result
}

/** The first key that stands twice: readers disagree on which of the two counts. */
export function duplicateKey(all: Member[]): string | undefined {
  const seen = new Set<string>()
  return all.find(({ key }) => seen.size === seen.add(key).size)?.key
}

/** Deeper nesting is of no use to anybody, and costs whoever walks through it their stack. */
export const MAX_JSON_DEPTH = 64

/** Whether a text nests deeper than that; it need not be JSON. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = skipString(text, at)
      // A string without an end: the parser will say so.
      if (end === 0) return false
      at = end - 1
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1
      if (depth > MAX_JSON_DEPTH) return true
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1
  }
  return false
}

/** Names by which JavaScript reaches what all objects share. */
const SHARED_BY_ALL = ['__proto__', 'constructor', 'prototype']

/** The first key, at any depth, that stands twice in its object or means something else to JavaScript. Not deeper than MAX_JSON_DEPTH. */
export function ambiguousKey(text: string, at = 0): { key: string; why: 'twice' | 'shared' } | undefined {
  const start = skipSpace(text, at)
  const first = text.charCodeAt(start)
  if (first === OPEN_LIST) return firstOf(elements(text, start), text)
  if (first !== OPEN_OBJECT) return undefined
  const all = members(text, start)
  const twice = duplicateKey(all)
  if (twice !== undefined) return { key: twice, why: 'twice' }
  const shared = all.find(({ key }) => SHARED_BY_ALL.includes(key))
  return shared ? { key: shared.key, why: 'shared' } : firstOf(all, text)
}

function firstOf(spans: Span[], text: string): ReturnType<typeof ambiguousKey> {
  for (const { start } of spans) {
    const found = ambiguousKey(text, start)
    if (found) return found
  }
  return undefined
}

function readKey(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  if (!inner.includes('\\')) return inner
  const key: string = JSON.parse(text.slice(start, end))
  return key
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= SPACE) at += 1
  return at
}

/** `from` is the opening quote; answers the place after the closing one. */
function skipString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1)
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at + 1
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote - 1
  while (text.charCodeAt(at) === BACKSLASH) at -= 1
  return (quote - at) % 2 === 0
}

function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === QUOTE) return skipString(text, from)
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return skipWord(text, from)
  let depth = 0
  let at = from
  do {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = skipString(text, at)
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1
    at += 1
  } while (depth > 0)
  return at
}

/** A number, `true`, `false` or `null`. */
function skipWord(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code > SPACE && code !== COMMA; code = text.charCodeAt(at)) {
    if (code === CLOSE_OBJECT || code === CLOSE_LIST) break
    at += 1
  }
  return at
}
