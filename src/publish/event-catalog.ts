import type { z } from 'zod'
import { BUILT_IN_DATA, BUILT_IN_EVENT_TYPES, CUSTOM_DATA, type EventType } from '../domain/event-types'
import { OPERATIONAL_DATA, OPERATIONAL_EVENT_TYPES } from '../domain/operational-events'
import { compileSchema, type CheckData } from '../domain/json-schema'
import { check, type FieldError } from '../domain/validation'
import type { EventTypeStore, RegisteredEventType } from '../store/event-types'

/** What an event of the type must be like. */
export interface KnownType extends EventType {
  /** What is wrong with an event's data; nothing: it has `id`, a string, and what the type asks for. */
  checkData: CheckData
  /** Herald's own: to subscribe to, not to publish. */
  operational?: true
}

export interface EventCatalog {
  /** By name or Event ID. */
  find: (nameOrId: string | number) => Promise<KnownType | undefined>
  /** The name of a type, by its Event ID; a stranger's is its number. */
  nameOf: (id: number) => Promise<string>
  /** `CREATE ACCOUNT (1), …`: for messages. */
  known: (which?: 'publishable') => Promise<string>
}

/**
 * Types never change and never go once they are registered, so what was read once is kept for good,
 * and the store is asked again only for what is not known.
 */
export function createEventCatalog(store: Pick<EventTypeStore, 'list'>): EventCatalog {
  const types = new Map<string | number, KnownType>()
  const add = (type: KnownType): void => void types.set(type.id, type).set(type.name, type)
  for (const type of BUILT_IN_EVENT_TYPES) add(builtIn(type))
  for (const type of OPERATIONAL_EVENT_TYPES) {
    add({ ...type, operational: true, checkData: (data) => errorsOf(OPERATIONAL_DATA[type.name], data) })
  }

  async function reload(): Promise<void> {
    for (const type of await store.list()) if (!types.has(type.id)) add(registered(type))
  }

  async function find(nameOrId: string | number): Promise<KnownType | undefined> {
    if (!types.has(nameOrId)) await reload()
    return types.get(nameOrId)
  }

  return {
    find,
    nameOf: async (id) => (await find(id))?.name ?? String(id),
    known: async (which) => {
      await reload()
      const all = [...new Set(types.values())].filter(({ operational }) => !(which && operational)).toSorted((a, b) => a.id - b.id)
      return all.map(({ id, name }) => `${name} (${id})`).join(', ')
    },
  }
}

function builtIn(type: EventType): KnownType {
  const schema = BUILT_IN_DATA.get(type.id) ?? CUSTOM_DATA
  return { ...type, checkData: (data) => errorsOf(schema, data) }
}

function registered({ id, name, description, jsonSchema }: RegisteredEventType): KnownType {
  const checkSchema = jsonSchema === undefined ? () => [] : compileSchema(JSON.parse(jsonSchema))
  return {
    id,
    name,
    description,
    checkData: (data) => {
      const errors = errorsOf(CUSTOM_DATA, data)
      return errors.length > 0 ? errors : checkSchema(data)
    },
  }
}

function errorsOf(schema: z.ZodType, data: unknown): FieldError[] {
  const result = check(schema, data, ['data'])
  return 'errors' in result ? result.errors : []
}
