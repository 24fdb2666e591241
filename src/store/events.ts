import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { duplicateIndexes } from './errors'
import type { EventRecord, Models } from './models'
import { scoped } from './scope'

/** An event to be journaled, with the hash over its type and bytes. */
export interface NewEvent extends HeraldEvent {
  hash: string
}

/** `added` false: the id was journaled before, and `event` is what stands there. */
export interface Journaled {
  added: boolean
  event: NewEvent
  workflowId?: string
}

export interface Lease {
  starter: string
  until: Date
  /** The workflow that brought the event, when one did. */
  workflowId?: string
}

/** An event whose starter is gone, or whose workflow has not dispatched it in time. */
export interface Overdue {
  event: HeraldEvent
  workflowId?: string
}

export interface EventStore {
  /** Journals what is new and answers, per event, what stands in the journal. */
  insert: (events: NewEvent[], lease: Lease) => Promise<Journaled[]>
  load: (tenantId: string, eventIds: string[]) => Promise<HeraldEvent[]>
  get: (tenantId: string, eventId: string) => Promise<EventRecord | undefined>
  renew: (events: Pick<HeraldEvent, 'tenantId' | 'id'>[], lease: Lease) => Promise<void>
  markStarted: (tenantId: string, eventIds: string[], workflowId: string, until: Date) => Promise<void>
  /** All deliveries of the events have a record now; those take over. */
  markDispatched: (tenantId: string, eventIds: string[], workflowId: string) => Promise<void>
  /** Leases that ran out, oldest first, now held by `lease.starter`. */
  takeOverdue: (lease: Lease, limit: number) => Promise<Overdue[]>
}

const toRecord = ({ id, ...event }: NewEvent, lease: Lease): EventRecord => ({
  _id: eventKey(event.tenantId, id),
  eventId: id,
  ...event,
  starter: lease.starter,
  leaseUntil: lease.until,
  ...(lease.workflowId && { workflowId: lease.workflowId }),
})

const toEvent = (record: EventRecord): NewEvent => ({
  id: record.eventId,
  tenantId: record.tenantId,
  typeId: record.typeId,
  type: record.type,
  createdAt: record.createdAt,
  data: record.data,
  entityId: record.entityId,
  hash: record.hash,
})

/** The journal: every accepted event, from before its 202 on. */
export function createEventStore({ hot: { events } }: Models): EventStore {
  const keys = (tenantId: string, ids: string[]) =>
    scoped(tenantId, { _id: { $in: ids.map((id) => eventKey(tenantId, id)) } })

  async function readBack(duplicates: NewEvent[]): Promise<Map<string, EventRecord>> {
    const ids = duplicates.map(({ tenantId, id }) => eventKey(tenantId, id))
    const records = await events.find({ _id: { $in: ids } }).toArray()
    return new Map(records.map((record) => [record._id, record]))
  }

  async function insert(added: NewEvent[], lease: Lease): Promise<Journaled[]> {
    let duplicates: Set<number>
    try {
      await events.insertMany(added.map((event) => toRecord(event, lease)), { ordered: false })
      return added.map((event) => ({ added: true, event }))
    } catch (error) {
      duplicates = duplicateIndexes(error)
    }
    const standing = await readBack(added.filter((_, i) => duplicates.has(i)))
    return added.map((event, i) => {
      const record = duplicates.has(i) ? standing.get(eventKey(event.tenantId, event.id)) : undefined
      if (!record) return { added: true, event }
      return { added: false, event: toEvent(record), workflowId: record.workflowId }
    })
  }

  async function takeOverdue(lease: Lease, limit: number): Promise<Overdue[]> {
    const now = new Date()
    const found = await events
      .find({ leaseUntil: { $lt: now } })
      .sort({ leaseUntil: 1 })
      .limit(limit)
      .toArray()
    if (found.length === 0) return []
    const ids = found.map(({ _id }) => _id)
    await events.updateMany(
      { _id: { $in: ids }, leaseUntil: { $lt: now } },
      { $set: { leaseUntil: lease.until, starter: lease.starter } },
    )
    const taken = await events
      .find({ _id: { $in: ids }, starter: lease.starter, leaseUntil: lease.until })
      .toArray()
    return taken.map((record) => ({ event: toEvent(record), workflowId: record.workflowId }))
  }

  return {
    insert,
    takeOverdue,
    load: async (tenantId, eventIds) => (await events.find(keys(tenantId, eventIds)).toArray()).map(toEvent),
    get: async (tenantId, eventId) =>
      (await events.findOne(keys(tenantId, [eventId]))) ?? undefined,
    renew: async (held, lease) => {
      const _id = { $in: held.map(({ tenantId, id }) => eventKey(tenantId, id)) }
      await events.updateMany({ _id, starter: lease.starter, leaseUntil: { $exists: true } }, { $set: { leaseUntil: lease.until } })
    },
    markStarted: async (tenantId, eventIds, workflowId, until) => {
      const filter = { ...keys(tenantId, eventIds), dispatchedAt: { $exists: false } }
      await events.updateMany(filter, { $set: { workflowId, leaseUntil: until } })
    },
    markDispatched: async (tenantId, eventIds, workflowId) => {
      await events.updateMany(keys(tenantId, eventIds), {
        $set: { workflowId, dispatchedAt: new Date() },
        $unset: { leaseUntil: '' },
      })
    },
  }
}
