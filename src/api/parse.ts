import type { z } from 'zod'
import { check } from '../domain/validation'
import { invalid } from './problem'

/** What the schema makes of the value, or a 400 that says which fields are wrong and what is allowed. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = check(schema, value)
  if ('errors' in result) throw invalid(result.errors)
  return result.value
}
