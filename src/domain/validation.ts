import { z } from 'zod'

/** One thing that is wrong with what somebody sent, and where: `data.accountType`, `eventTypes[1]`. */
export interface FieldError {
  path: string
  message: string
}

/** What the schema makes of the value, or which fields are wrong and what is allowed. `under` goes before every path. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  under: PropertyKey[] = [],
): { value: z.output<Schema> } | { errors: FieldError[] } {
  const result = schema.safeParse(value, { error: wording })
  if (result.success) return { value: result.data }
  return { errors: result.error.issues.flatMap((issue) => fieldErrors(issue, under)) }
}

function fieldErrors(issue: z.core.$ZodIssue, under: PropertyKey[]): FieldError[] {
  const path = [...under, ...issue.path]
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(path), message: issue.message }]
  return issue.keys.map((key) => ({ path: pathText([...path, key]), message: issue.message }))
}

/** `['events', 3, 'data']` is `events[3].data`. */
export function pathText(path: PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

/** Messages that read on after the field's name. A schema's own message goes before these. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${KINDS_OF[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.input === undefined ? 'is required' : `must be ${oneOf(issue.values)}`
    case 'unrecognized_keys':
      return `is not known here; known: ${knownKeys(issue).join(', ') || 'nothing'}`
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', Number(issue.minimum))}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', Number(issue.maximum))}`
    case 'invalid_format':
      return FORMATS[issue.format]
    case 'invalid_union':
      return issue.input === undefined ? 'is required' : 'has none of the allowed forms'
    default:
      return undefined
  }
}

const KINDS_OF: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  record: 'a JSON object',
  array: 'a list',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'must be a time such as "2026-01-31T12:00:00Z"',
  email: 'must be an e-mail address',
}

function oneOf(values: readonly unknown[]): string {
  const [only] = values
  return values.length === 1 ? JSON.stringify(only) : `one of ${values.map(String).join(', ')}`
}

function knownKeys(issue: z.core.$ZodRawIssue): string[] {
  return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
}

function bound(origin: string, limit: string, value: number): string {
  const amount = value.toLocaleString('en')
  if (origin === 'string') return `have ${limit} ${amount} characters`
  if (origin === 'array' || origin === 'set') return `have ${limit} ${amount} entries`
  return `be ${limit} ${amount}`
}
