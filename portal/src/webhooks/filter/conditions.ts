/** How people say a test, and what it is in the filter. */
export const TESTS = [
  { value: 'eq', label: 'is' },
  { value: 'ne', label: 'is not' },
  { value: 'in', label: 'is one of' },
  { value: 'notIn', label: 'is none of' },
  { value: 'gt', label: 'is more than' },
  { value: 'gte', label: 'is at least' },
  { value: 'lt', label: 'is less than' },
  { value: 'lte', label: 'is at most' },
  { value: 'prefix', label: 'begins with' },
  { value: 'notPrefix', label: 'does not begin with' },
  { value: 'exists', label: 'is there' },
  { value: 'missing', label: 'is not there' },
] as const
export type Test = (typeof TESTS)[number]['value']

/** One line: a path, a test, and what it compares with. */
export interface Line {
  path: string
  test: Test
  /** As JSON has it; of no meaning to tests of whether something is there. */
  value: unknown
}
export type Join = 'and' | 'or'
export interface Group {
  join: Join
  lines: Line[]
}
/** Conditions, and groups of such one level deep: what most filters are. */
export interface Conditions {
  join: Join
  parts: (Line | Group)[]
}

export const EMPTY_LINE: Line = { path: '', test: 'eq', value: '' }
export const isGroup = (part: Line | Group): part is Group => 'join' in part

type Node = Record<string, unknown>
const PLAIN = new Set<string>(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'prefix'])

/** None where the filter is no JSON, or more than lines and groups say. */
export function readConditions(text: string): Conditions | undefined {
  if (text.trim() === '') return { join: 'and', parts: [] }
  let node: unknown
  try {
    node = JSON.parse(text)
  } catch {
    return undefined
  }
  const joined = joinOf(node)
  if (!joined) {
    const lines = linesOf(node)
    return lines && { join: 'and', parts: lines }
  }
  const parts = joined.nodes.map((each) => partsOf(each, joined.join))
  return parts.every((part) => part !== undefined) ? { join: joined.join, parts: parts.flat() } : undefined
}

/** Several tests of one path all hold: in an `and` they are lines, in an `or` a group. */
function partsOf(node: unknown, join: Join): (Line | Group)[] | undefined {
  const joined = joinOf(node)
  if (!joined) {
    const lines = linesOf(node)
    return lines && (join === 'and' || lines.length === 1) ? lines : lines && [{ join: 'and', lines }]
  }
  const lines = joined.nodes.map(linesOf)
  const fits = lines.every((each) => each !== undefined && (joined.join === 'and' || each.length === 1))
  return fits ? [{ join: joined.join, lines: lines.flatMap((each) => each ?? []) }] : undefined
}

function joinOf(node: unknown): { join: Join; nodes: unknown[] } | undefined {
  const entries = Object.entries(Object(node) as Node)
  const [join, nodes] = entries[0] ?? []
  return entries.length === 1 && (join === 'and' || join === 'or') && Array.isArray(nodes) ? { join, nodes } : undefined
}

function linesOf(node: unknown): Line[] | undefined {
  const { path, not, ...tests } = Object(node) as Node
  if (not !== undefined) {
    const [line, ...more] = (path === undefined && Object.keys(tests).length === 0 && linesOf(not)) || []
    return line?.test === 'prefix' && more.length === 0 ? [{ ...line, test: 'notPrefix' }] : undefined
  }
  const entries = Object.entries(tests)
  if (typeof path !== 'string' || entries.length === 0) return undefined
  const lines = entries.map(([name, value]): Line | undefined => {
    if (name === 'exists' && typeof value === 'boolean') return { path, test: value ? 'exists' : 'missing', value }
    return isPlain(name, value) ? { path, test: name as Test, value } : undefined
  })
  return lines.every((line) => line !== undefined) ? lines : undefined
}

const isOperand = (value: unknown): boolean => value === null || typeof value !== 'object'
const isPlain = (name: string, value: unknown): boolean => (name === 'in' || name === 'notIn' ? Array.isArray(value) && value.every(isOperand) : PLAIN.has(name) && isOperand(value))

/** As JSON; empty where there is no condition. */
export function writeConditions({ join, parts }: Conditions): string {
  if (parts.length === 0) return ''
  const nodes = parts.map((part) => (isGroup(part) ? { [part.join]: part.lines.map(nodeOf) } : nodeOf(part)))
  const isBare = join === 'and' && nodes.length === 1 && !parts.some(isGroup)
  return JSON.stringify(isBare ? nodes[0] : { [join]: nodes }, null, 2)
}

function nodeOf({ path, test, value }: Line): Node {
  if (test === 'exists' || test === 'missing') return { path, exists: test === 'exists' }
  return test === 'notPrefix' ? { not: { path, prefix: value } } : { path, [test]: value }
}

const isList = (test: Test): boolean => test === 'in' || test === 'notIn'
const isBound = (test: Test): boolean => ['gt', 'gte', 'lt', 'lte'].includes(test)
const isPrefix = (test: Test): boolean => test === 'prefix' || test === 'notPrefix'
export const takesValue = (test: Test): boolean => test !== 'exists' && test !== 'missing'

/** What is typed for a test, as the filter has it. */
export function readValue(test: Test, typed: string): unknown {
  if (isList(test)) return toList(typed)
  if (isBound(test)) return toBound(typed)
  return isPrefix(test) ? typed : toOperand(typed)
}

export function showValue({ test, value }: Line): string {
  if (isList(test)) return fromList((Array.isArray(value) ? value : [value]) as Operand[])
  return isBound(test) || isPrefix(test) ? String(value) : fromOperand(value as Operand)
}

/** What was typed stays as far as the other test takes it. */
export const withTest = (line: Line, test: Test): Line => ({ ...line, test, value: takesValue(line.test) ? readValue(test, showValue(line)) : readValue(test, '') })

/** What a condition compares with, as it stands in JSON. */
type Operand = string | number | boolean | null

const WORDS: Record<string, boolean | null> = { true: true, false: false, null: null }
const QUOTED = /^"(?:[^"\\]|\\.)*"$/
const PART = /\s*"(?:[^"\\]|\\.)*"|[^,]+/g
/** A JSON number keeps no more. */
const DIGITS = 15

/** A number that JSON writes just so. `1.50` is none: as text it keeps its digits. */
function asNumber(text: string): number | undefined {
  if (!/^-?\d+(\.\d+)?$/.test(text) || text.replaceAll(/\D/g, '').length > DIGITS) return undefined
  return String(Number(text)) === text ? Number(text) : undefined
}

function unquoted(text: string): string | undefined {
  if (!QUOTED.test(text)) return undefined
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** As it is typed: a number, `true`, `false`, `null`, or text; in quotes it is text in any case. */
function toOperand(typed: string): Operand {
  const text = typed.trim()
  if (Object.hasOwn(WORDS, text)) return WORDS[text] ?? null
  return asNumber(text) ?? unquoted(text) ?? text
}

/** In the shortest way that is read back as the same. */
const fromOperand = (value: Operand): string => (typeof value === 'string' && toOperand(value) !== value ? JSON.stringify(value) : String(value))

/** With commas between. */
const toList = (typed: string): Operand[] => (typed.match(PART) ?? []).map((part) => part.trim()).filter((part) => part !== '').map(toOperand)

const fromList = (values: Operand[]): string => values.map((value) => (typeof value === 'string' && value.includes(',') ? JSON.stringify(value) : fromOperand(value))).join(', ')

/** Of a comparison: a decimal as text keeps all of its digits. */
const toBound = (typed: string): number | string => asNumber(typed.trim()) ?? typed.trim()
