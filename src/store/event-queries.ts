import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { timingOf } from '../domain/timing'
import type { Models } from './models'
import type { EventRecord } from './records'
import { pageByTime, type Index, type Page, type PageRequest } from './page'
import { scoped } from './scope'
import { dataContext } from './event-records'
import { toSequence } from './sequence'
import type { Vaults } from './vaults'

export interface EventFilter {
  typeId?: number
  entityId?: string
  typeIds?: number[]
  /** `to` is not included. */
  from?: Date
  to?: Date
}

/** An event as lists show it: without its data. */
export type EventSummary = Omit<HeraldEvent, 'data'> & { workflowId?: string; cancelledAt?: Date; erasedAt?: Date; removeAt?: Date }

/** Without data where it was erased. */
export type EventWithData = EventSummary & { data?: string }

/** What people look up; an event's life is in events.ts. Newest first. */
export interface EventQueries {
  list: (tenantId: string, filter: EventFilter, request: PageRequest) => Promise<Page<EventSummary>>
  get: (tenantId: string, id: string) => Promise<EventWithData | undefined>
  /** With their data, but for what was erased and what cannot be opened, one after the other: they need not fit into memory together. */
  walk: (tenantId: string, filter: EventFilter, limit: number) => AsyncIterable<EventSummary & { data: string }>
}

export function createEventQueries({ events, hot }: Models, vaults: Vaults): EventQueries {
  async function open(record: EventRecord): Promise<EventWithData> {
    const { tenantId, eventId } = record
    const data = record.data === undefined ? undefined : await vaults.open(tenantId, record.data, dataContext(tenantId, eventId))
    return { ...toSummary(record), ...(data !== undefined && { data }) }
  }

  return {
    list: (tenantId, filter, request) =>
      pageByTime(events, scoped(tenantId, condition(filter)), request, toSummary, { projection: { data: 0 }, hint: indexOf(filter) }),
    get: async (tenantId, id) => {
      const record = await events.findOne(scoped(tenantId, { _id: eventKey(tenantId, id) })).lean<EventRecord>()
      return record ? open(record) : undefined
    },
    walk: async function* (tenantId, filter, limit) {
      const found = hot.events
        .find(scoped(tenantId, { ...condition(filter), erasedAt: { $exists: false } }))
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .batchSize(100)
      for await (const record of found) {
        const data = record.data === undefined ? undefined : await vaults.openIfAble(tenantId, record.data, dataContext(tenantId, record.eventId))
        if (data !== undefined) yield { ...toSummary(record), data }
      }
    },
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
  ...(record.erasedAt && { erasedAt: record.erasedAt }),
  ...(record.removeAt && { removeAt: record.removeAt }),
})

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
