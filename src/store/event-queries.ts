import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { timingOf } from '../domain/timing'
import type { EventRecord, Models } from './models'
import { pageByTime, type Index, type Page, type PageRequest } from './page'
import { scoped } from './scope'
import { toSequence } from './sequence'

export interface EventFilter {
  typeId?: number
  entityId?: string
  typeIds?: number[]
  /** `to` is not included. */
  from?: Date
  to?: Date
}

/** An event as lists show it: without its data. */
export type EventSummary = Omit<HeraldEvent, 'data'> & { workflowId?: string; cancelledAt?: Date; removeAt?: Date }

/** What people look up; an event's life is in events.ts. Newest first. */
export interface EventQueries {
  list: (tenantId: string, filter: EventFilter, request: PageRequest) => Promise<Page<EventSummary>>
  get: (tenantId: string, id: string) => Promise<(EventSummary & { data: string }) | undefined>
  /** With their data, one after the other: they need not fit into memory together. */
  walk: (tenantId: string, filter: EventFilter, limit: number) => AsyncIterable<EventSummary & { data: string }>
}

export function createEventQueries({ events, hot }: Models): EventQueries {
  return {
    list: (tenantId, filter, request) =>
      pageByTime(events, scoped(tenantId, condition(filter)), request, toSummary, { projection: { data: 0 }, hint: indexOf(filter) }),
    get: async (tenantId, id) => {
      const record = await events.findOne(scoped(tenantId, { _id: eventKey(tenantId, id) })).lean<EventRecord>()
      return record ? toEvent(record) : undefined
    },
    walk: (tenantId, filter, limit) =>
      hot.events
        .find(scoped(tenantId, condition(filter)))
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .batchSize(100)
        .map(toEvent),
  }
}

export const toSummary = (record: EventRecord): EventSummary => ({
  id: record.eventId,
  tenantId: record.tenantId,
  typeId: record.typeId,
  type: record.type,
  createdAt: record.createdAt,
  entityId: record.entityId,
  ...timingOf(record),
  ...(record.sequence && { sequence: toSequence(record.sequence) }),
  ...(record.workflowId !== undefined && { workflowId: record.workflowId }),
  ...(record.cancelledAt && { cancelledAt: record.cancelledAt }),
  ...(record.removeAt && { removeAt: record.removeAt }),
})

const toEvent = (record: EventRecord): EventSummary & { data: string } => ({ ...toSummary(record), data: record.data })

/** An entity has few events, of whatever types. */
function indexOf({ typeId, entityId }: EventFilter): Index {
  if (entityId !== undefined) return { tenantId: 1, entityId: 1, createdAt: -1, _id: -1 }
  return { tenantId: 1, ...(typeId !== undefined && { typeId: 1 }), createdAt: -1, _id: -1 }
}

function condition({ typeId, typeIds, entityId, from, to }: EventFilter): object {
  return {
    ...(typeId !== undefined && { typeId }),
    ...(typeIds !== undefined && { typeId: { $in: typeIds } }),
    ...(entityId !== undefined && { entityId }),
    ...((from ?? to) && { createdAt: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
  }
}
