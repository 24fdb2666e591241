import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import type { EventRecord, Models } from './models'
import { pageByTime, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface EventFilter {
  typeId?: number
  entityId?: string
  /** `to` is not included. */
  from?: Date
  to?: Date
}

/** An event as lists show it: without its data. */
export type EventSummary = Omit<HeraldEvent, 'data'> & { workflowId?: string }

/** What people look up; an event's life is in events.ts. Newest first. */
export interface EventQueries {
  list: (tenantId: string, filter: EventFilter, request: PageRequest) => Promise<Page<EventSummary>>
  get: (tenantId: string, id: string) => Promise<(EventSummary & { data: string }) | undefined>
}

export function createEventQueries({ events }: Models): EventQueries {
  return {
    list: (tenantId, filter, request) =>
      pageByTime(events, scoped(tenantId, condition(filter)), request, toSummary, { data: 0 }),
    get: async (tenantId, id) => {
      const record = await events.findOne(scoped(tenantId, { _id: eventKey(tenantId, id) })).lean<EventRecord>()
      return record ? { ...toSummary(record), data: record.data } : undefined
    },
  }
}

const toSummary = (record: EventRecord): EventSummary => ({
  id: record.eventId,
  tenantId: record.tenantId,
  typeId: record.typeId,
  type: record.type,
  createdAt: record.createdAt,
  entityId: record.entityId,
  ...(record.workflowId !== undefined && { workflowId: record.workflowId }),
})

function condition({ typeId, entityId, from, to }: EventFilter): object {
  return {
    ...(typeId !== undefined && { typeId }),
    ...(entityId !== undefined && { entityId }),
    ...((from ?? to) && { createdAt: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
  }
}
