import type { EventType } from '../domain/event-types'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { EventTypeRecord } from './records'

/** A type that an operator registered; it never changes afterwards. */
export interface RegisteredEventType extends EventType {
  /** JSON Schema 2020-12 for `data`, as text. */
  jsonSchema?: string
  createdAt: Date
}

/** Event types belong to the installation: every tenant sees the same. */
export interface EventTypeStore {
  /** By Event ID, lowest first. */
  list: () => Promise<RegisteredEventType[]>
  /** False when the Event ID or the name is taken; nothing was changed then. */
  insert: (type: RegisteredEventType) => Promise<boolean>
}

const toEventType = ({ _id, ...rest }: EventTypeRecord): RegisteredEventType => ({ id: _id, ...rest })

export function createEventTypeStore({ eventTypes }: Models): EventTypeStore {
  return {
    list: async () => (await eventTypes.find().sort({ _id: 1 }).lean<EventTypeRecord[]>()).map(toEventType),
    insert: ({ id, ...type }) => insertOnce(() => eventTypes.create({ _id: id, ...type })),
  }
}
