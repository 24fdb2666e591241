import addFormats from 'ajv-formats'
import Ajv2020, { type ErrorObject } from 'ajv/dist/2020'
import { pathText, type FieldError } from './validation'

/** What is wrong with an event's data; nothing when it is right. */
export type CheckData = (data: unknown) => FieldError[]

const MAX_ERRORS = 20

/**
 * Compiles a JSON Schema (draft 2020-12). Strict, so that a mistyped keyword is an error at
 * registration and not a rule that never applies. Each schema stands alone: nothing is fetched.
 * @throws {Error} that says what is wrong with the schema.
 */
export function compileSchema(schema: object): CheckData {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, logger: false })
  addFormats(ajv)
  const validate = ajv.compile(schema)
  return (data) => (validate(data) ? [] : (validate.errors ?? []).slice(0, MAX_ERRORS).map(toFieldError))
}

function toFieldError({ instancePath, keyword, message, params }: ErrorObject): FieldError {
  const path = ['data', ...instancePath.split('/').slice(1).map(readPointer)]
  if (keyword === 'required') return { path: pathText([...path, String(params.missingProperty)]), message: 'is required' }
  if (keyword === 'enum') return { path: pathText(path), message: `must be one of ${allowed(params.allowedValues)}` }
  if (keyword === 'additionalProperties') {
    return { path: pathText([...path, String(params.additionalProperty)]), message: 'is not known to the schema' }
  }
  return { path: pathText(path), message: message ?? `breaks the rule "${keyword}"` }
}

const readPointer = (part: string): string | number =>
  /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')

const allowed = (values: unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ')
