import { z } from 'zod'
import { BUILT_IN_EVENT_TYPES, FIRST_CUSTOM_EVENT_TYPE_ID } from '../domain/event-types'
import { OPERATIONAL_DATA, OPERATIONAL_EVENT_TYPES } from '../domain/operational-events'
import type { EventTypeStore, RegisteredEventType } from '../store/event-types'
import { compileSchema } from '../domain/json-schema'
import { found, invalid, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { listOf, named, time } from './views'

export interface EventTypeDeps {
  eventTypes: EventTypeStore
}

const LAST_EVENT_TYPE_ID = 1_000_000

const view = z.object({
  id: z.int().describe('The Event ID'),
  name: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  operational: z.boolean().describe('What Herald itself reports: webhooks may subscribe to it, nobody may publish it.'),
  schema: z.looseObject({}).optional().describe('JSON Schema 2020-12 of `data`'),
  createdAt: time.optional(),
})
named.add(view, { id: 'EventType' })

const range = `must be a whole number from ${FIRST_CUSTOM_EVENT_TYPE_ID} to ${LAST_EVENT_TYPE_ID}; lower ones are Herald's`

const input = z.strictObject({
  id: z.int(range).min(FIRST_CUSTOM_EVENT_TYPE_ID, range).max(LAST_EVENT_TYPE_ID, range).describe('The Event ID'),
  name: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Z0-9]*( [A-Z0-9]+)*$/, 'must be words in upper case, such as "CARD BLOCKED"'),
  description: z.string().max(1_024).default(''),
  schema: z.looseObject({}).optional().describe('JSON Schema 2020-12 that `data` must fit; `data.id` is always needed.'),
})
named.add(input, { id: 'RegisterEventType' })

const params = z.object({ id: z.string().regex(/^\d{1,9}$/, 'must be an Event ID, a number').transform(Number) })

export function eventTypeRoutes({ eventTypes }: EventTypeDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/event-types',
      scope: 'read',
      tag: 'Event types',
      summary: 'List event types',
      responses: { 200: { description: 'All of them, by Event ID.', schema: listOf(view, 'EventTypeList') } },
      handle: async () => ({ status: 200, body: { data: await all() } }),
    }),
    route({
      method: 'post',
      path: '/v1/event-types',
      scope: 'admin',
      tag: 'Event types',
      summary: 'Register an event type',
      description: 'For every tenant and for good: a registered type is never changed.',
      body: input,
      responses: { 201: { description: 'Registered.', schema: view } },
      problems: [409],
      handle: register,
    }),
    route({
      method: 'get',
      path: '/v1/event-types/{id}',
      scope: 'read',
      tag: 'Event types',
      summary: 'Look at an event type',
      params,
      responses: { 200: { description: 'The event type.', schema: view } },
      handle: async ({ params: { id } }) => {
        const type = (await all()).find((one) => one.id === id)
        return { status: 200, body: found(type, 'event type', id) }
      },
    }),
  ]

  async function all(): Promise<z.infer<typeof view>[]> {
    const builtIn = BUILT_IN_EVENT_TYPES.map((type) => ({ ...type, builtIn: true, operational: false }))
    return [...builtIn, ...OPERATIONAL, ...(await eventTypes.list()).map(toView)]
  }

  async function register({ body }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { schema, ...rest } = body
    if (schema) mustCompile(schema)
    const type = { ...rest, createdAt: new Date(), ...(schema && { jsonSchema: JSON.stringify(schema) }) }
    const isBuiltIn = BUILT_IN_EVENT_TYPES.some(({ name }) => name === type.name)
    if (isBuiltIn || !(await eventTypes.insert(type))) {
      const detail = `The Event ID ${type.id} or the name "${type.name}" is taken; GET /v1/event-types lists them all.`
      throw new Problem('conflict', detail)
    }
    return { status: 201, body: toView(type) }
  }
}

const OPERATIONAL = OPERATIONAL_EVENT_TYPES.map((type) => ({
  ...type,
  builtIn: true,
  operational: true,
  schema: { ...z.toJSONSchema(OPERATIONAL_DATA[type.name]) },
}))

function toView({ id, name, description, jsonSchema, createdAt }: RegisteredEventType): z.infer<typeof view> {
  const schema: Record<string, unknown> | undefined = jsonSchema === undefined ? undefined : JSON.parse(jsonSchema)
  return { id, name, description, builtIn: false, operational: false, ...(schema && { schema }), createdAt: createdAt.toISOString() }
}

function mustCompile(schema: object): void {
  try {
    compileSchema(schema)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid([{ path: 'schema', message: `is not a JSON Schema of draft 2020-12 that Herald can use: ${reason}` }])
  }
}
