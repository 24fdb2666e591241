import { z } from 'zod'

/** Schemas that have a name in the OpenAPI document. */
export const named = z.registry<{ id: string }>()

/** Parts that many resources share. */
export const time = z.string().describe('RFC 3339, UTC').meta({ format: 'date-time' })

/** Of what leaves with its event. */
export const removalTime = time.describe('When it leaves, its retention being over: RFC 3339, UTC. Known an hour before.')

export const cursor = z
  .string()
  .regex(/^[\w-]{1,400}$/, 'must be the nextCursor of the page before')
  .optional()
  .describe('The `nextCursor` of the page before.')

export const limit = z
  .string()
  .regex(/^\d{1,4}$/, 'must be a whole number from 1 to 200')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 200, 'must be a whole number from 1 to 200')
  .default(50)
  .describe('Entries of a page, 1 to 200; 50 when not given.')

export const givenInstant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a time such as "2026-01-31T12:00:00Z" or a day such as "2026-01-31" (UTC)',
  })
  .transform((text) => new Date(text))

export const instant = givenInstant.optional()

export const paging = z.strictObject({ cursor, limit })

/** What a list answers. */
export function listOf(entry: z.ZodType, id: string): z.ZodType {
  const list = z.object({
    data: z.array(entry),
    nextCursor: z.string().optional().describe('Asks for the next page; none on the last one.'),
  })
  named.add(list, { id })
  return list
}

const fieldError = z.object({ path: z.string().describe('Such as `data.accountType`'), message: z.string() })

/** RFC 9457. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What was wrong and what to do.'),
  errors: z.array(fieldError).optional(),
})
named.add(problem, { id: 'Problem' })
