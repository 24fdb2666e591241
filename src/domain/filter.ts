import { z } from 'zod'

/** What a value is compared with: a number by its value, everything else as it stands. */
export type Operand = string | number | boolean | null

/** A number, or a decimal in a string, which may have more digits than a number keeps. */
export type Bound = number | string

/** All of its tests must hold for what stands at the path. */
export interface Condition {
  /** From `data` down, with dots; entries of a list by their index from 0: `lines.0.amount`. */
  path: string
  eq?: Operand
  ne?: Operand
  in?: Operand[]
  notIn?: Operand[]
  lt?: Bound
  lte?: Bound
  gt?: Bound
  gte?: Bound
  prefix?: string
  exists?: boolean
}

/** Narrows a subscription by the content of an event's `data`. */
export type Filter = Condition | { and: Filter[] } | { or: Filter[] } | { not: Filter }

/** So that no filter is ever slow, whoever wrote it and whatever the event holds. */
export const FILTER_LIMITS = {
  depth: 5,
  conditions: 50,
  /** Entries of `in` and `notIn`. */
  entries: 100,
  characters: 256,
  pathParts: 10,
  /** Of the whole filter, as JSON: it is read at every event. */
  bytes: 8 * 1024,
} as const

const { depth, conditions, entries, characters, pathParts, bytes } = FILTER_LIMITS

const path = z
  .string()
  .max(characters)
  .regex(/^[^.]+(\.[^.]+)*$/, 'must be the names on the way to the value, with dots between, such as "customer.segment"')
  .refine((text) => text.split('.').length <= pathParts, `must have at most ${pathParts} parts`)
  .describe('From `data` down, with dots; entries of a list by their index from 0: `lines.0.amount`.')

/** JSON numbers of up to 15 digits come through `JSON.parse` as they were written; longer ones may not. */
const isExact = (value: number): boolean =>
  Math.abs(value) < 1e15 && value.toExponential().replace(/e.*/, '').replaceAll(/\D/g, '').length <= 15

const exactNumber = z
  .number()
  .refine(isExact, 'has more than 15 digits, which a JSON number does not keep; use lt, lte, gt or gte with a decimal in a string')

const operand = z.union([z.string().max(characters), exactNumber, z.boolean(), z.null()], {
  error: 'must be a string, a number, true, false or null',
})
const operands = z.array(operand).min(1).max(entries)

const bound = z.union([exactNumber, z.string().regex(/^-?\d{1,40}(\.\d{1,40})?$/, notDecimal())], { error: notDecimal() })

function notDecimal(): string {
  return 'must be a number, or a decimal in a string, such as "250.00"'
}

const TESTS = {
  eq: operand.optional().describe('Equal. A number by its value, also to a decimal in a string; a string by its text.'),
  ne: operand.optional().describe('Not equal; also when nothing is there.'),
  in: operands.optional().describe('Equal to one of these.'),
  notIn: operands.optional().describe('Equal to none of these; also when nothing is there.'),
  lt: bound.optional().describe('Less. Exact for numbers and decimals in strings, of any number of digits.'),
  lte: bound.optional(),
  gt: bound.optional(),
  gte: bound.optional(),
  prefix: z.string().min(1).max(characters).optional().describe('A string that begins so.'),
  exists: z.boolean().optional().describe('Whether something is there, be it null.'),
}
const FORMS = ['path', 'and', 'or', 'not'] as const

const ABOUT = `A condition (\`path\` with one or more tests, which must all hold), or one of \`and\`, \`or\` and \`not\` over such. At most ${depth} levels, ${conditions} conditions and ${bytes.toLocaleString('en')} bytes. A list or an object is equal to nothing; an index or a name leads into it.`

const EXAMPLE = { and: [{ path: 'currency', in: ['EUR', 'KES'] }, { path: 'amount', gte: '100.00' }] }

/** One schema for all forms, so that an error names its own place and not that of a union. */
export const filterNode: z.ZodType<Filter> = z
  .strictObject({
    path: path.optional(),
    ...TESTS,
    get and(): z.ZodOptional<z.ZodArray<z.ZodType<Filter>>> {
      return z.array(filterNode).min(1).optional().describe('All of these hold.')
    },
    get or(): z.ZodOptional<z.ZodArray<z.ZodType<Filter>>> {
      return z.array(filterNode).min(1).optional().describe('At least one of these holds.')
    },
    get not(): z.ZodOptional<z.ZodType<Filter>> {
      return filterNode.optional().describe('This does not hold.')
    },
  })
  .refine((node) => faultOf(node) === undefined, {
    // What has other faults is told of those.
    when: ({ issues }) => issues.length === 0,
    error: ({ input }) => faultOf(Object(input)),
  })
  .meta({ description: ABOUT, examples: [EXAMPLE] }) as unknown as z.ZodType<Filter>

function faultOf(node: Record<string, unknown>): string | undefined {
  const forms = FORMS.filter((name) => node[name] !== undefined)
  const tests = Object.keys(TESTS).filter((name) => node[name] !== undefined)
  if (forms.length !== 1) {
    return `must have exactly one of ${FORMS.join(', ')}; has ${forms.join(', ') || 'none'}. Use and to combine`
  }
  if (forms[0] !== 'path') return tests.length === 0 ? undefined : `must not have ${tests.join(', ')} without a path`
  return tests.length > 0 ? undefined : `must have a test beside path: ${Object.keys(TESTS).join(', ')}`
}

/** A filter as somebody sends it. Its size is looked at first: the schema goes as deep as the filter does. */
export const filterInput = z
  .preprocess((value, context) => {
    const size = { conditions: 0 }
    const tooDeep = measure(value, [], 1, size)
    if (tooDeep) context.addIssue({ code: 'custom', path: tooDeep, message: `is nested too deep; at most ${depth} levels` })
    if (size.conditions > conditions) {
      context.addIssue({ code: 'custom', message: `must have at most ${conditions} conditions; has ${size.conditions}` })
    }
    return value
  }, filterNode)
  .refine(
    (filter) => Buffer.byteLength(JSON.stringify(filter)) <= bytes,
    `must have at most ${bytes.toLocaleString('en')} bytes as JSON`,
  )

/** Counts the conditions; answers the first place that is nested too deep. */
function measure(value: unknown, place: PropertyKey[], level: number, size: { conditions: number }): PropertyKey[] | undefined {
  if (level > depth) return place
  const parts = partsOf(value)
  if (parts.length === 0) size.conditions += 1
  for (const [key, part] of parts) {
    const tooDeep = measure(part, [...place, ...key], level + 1, size)
    if (tooDeep) return tooDeep
  }
  return undefined
}

function partsOf(value: unknown): [PropertyKey[], unknown][] {
  const { and, or, not }: Record<string, unknown> = Object(value)
  const listed = Object.entries({ and, or }).flatMap(([name, list]) =>
    Array.isArray(list) ? list.map((part: unknown, i): [PropertyKey[], unknown] => [[name, i], part]) : [],
  )
  return not === undefined ? listed : [...listed, [['not'], not]]
}
