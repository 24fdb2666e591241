export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  minimum?: number
  format?: string
}
interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
}
export interface Operation {
  method: string
  path: string
  scope: 'none' | 'session' | (string & {})
  parameters: Parameter[]
  /** A body that fits the schema as far as a schema tells. */
  body?: unknown
  /** What the body may have, needed or not. */
  fields: string[]
}
interface Document {
  paths: Record<string, Record<string, { security: Record<string, string[]>[]; parameters: Parameter[]; requestBody?: { content: Record<string, { schema: Schema }> } }>>
  components: { schemas: Record<string, Schema> }
}

/** Every operation that the API documents: what is added to it later is among them by itself. */
export async function operationsOf(url: string): Promise<Operation[]> {
  const { paths, components }: Document = JSON.parse(await (await fetch(`${url}/openapi.json`)).text())
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, parameters, requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema
      return {
        method: method.toUpperCase(),
        path,
        scope: scopeOf(security),
        parameters,
        fields: schema ? Object.keys(resolved(schema, components.schemas).properties ?? {}) : [],
        ...(schema && { body: sampleOf(schema, components.schemas) }),
      }
    }),
  )
}

function scopeOf(security: Record<string, string[]>[]): string {
  if (security.length === 0) return 'none'
  const ofKeys = security.find(({ apiKey }) => apiKey)
  return ofKeys?.['apiKey']?.[0] ?? 'session'
}

const resolved = (schema: Schema, named: Record<string, Schema>): Schema =>
  schema.$ref === undefined ? schema : (named[schema.$ref.split('/').at(-1) ?? ''] ?? {})

/** The least that fits a schema. */
export function sampleOf(schema: Schema, named: Record<string, Schema>): unknown {
  if (schema.$ref !== undefined) return sampleOf(resolved(schema, named), named)
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (schema.enum) return schema.enum[0]
  const [choice] = schema.anyOf ?? schema.oneOf ?? []
  if (choice) return sampleOf(choice, named)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {}, named)]))
  }
  if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}, named))
  if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1)
  if (type === 'boolean') return false
  if (schema.format === 'date-time') return '2026-01-31T12:00:00Z'
  return schema.format === 'email' ? 'sample@bank.example' : 'sample'
}

/** With its parameters in place: those of the path as given, those of the query that must be there as their schema says. */
export function pathFor({ path, parameters }: Operation, id: string, query: Record<string, string> = {}): string {
  const needed = parameters.filter((one) => one.in === 'query' && one.required).map(({ name, schema }) => [name, String(sampleOf(schema, {}))])
  const search = new URLSearchParams({ ...Object.fromEntries(needed), ...query }).toString()
  return path.replaceAll(/\{\w+\}/g, encodeURIComponent(id)) + (search === '' ? '' : `?${search}`)
}
