import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { keysOf, LEASES_MS, toEvent } from './event-records'
import type { Lease } from './events'
import type { Models } from './models'

/** An event whose starter is gone, or whose workflow has not dispatched it in time. */
export interface Overdue {
  event: HeraldEvent
  workflowId?: string
}

/** Events whose deliveries have all been written down by a workflow. */
export interface Dispatched {
  tenantId: string
  eventIds: string[]
  workflowId: string
}

/** Who has an event until its deliveries have records: a process, and then a workflow. */
export interface EventLeases {
  renew: (events: Pick<HeraldEvent, 'tenantId' | 'id'>[], lease: Lease) => Promise<void>
  markStarted: (tenantId: string, eventIds: string[], workflowId: string, until: Date) => Promise<void>
  /** All deliveries of the events have a record now; those take over. */
  markDispatched: (marks: Dispatched[]) => Promise<void>
  /** Who holds leases of events that were not started yet. */
  starters: () => Promise<string[]>
  /** Their leases end now: they are known to be gone. */
  endLeases: (starters: string[]) => Promise<void>
  /** Leases that ran out, oldest first, now held by `lease.starter`. */
  takeOverdue: (lease: Lease, limit: number) => Promise<Overdue[]>
}

const notStarted = () => ({ leaseUntil: { $lt: new Date(Date.now() + LEASES_MS) }, workflowId: { $exists: false } })

export function createEventLeases({ hot: { events } }: Models): EventLeases {
  /** Dispatched before, and perhaps about to leave: they have new deliveries now, and stay for these. */
  async function stay(again: Dispatched[], lookAgainAt: Date): Promise<void> {
    const writes = again.map(({ tenantId, eventIds }) => ({
      updateMany: {
        filter: { ...keysOf(tenantId, eventIds), removeAt: { $exists: true } },
        update: { $unset: { removeAt: '' as const }, $set: { lookAgainAt } },
      },
    }))
    await events.bulkWrite(writes, { ordered: false })
  }

  return {
    renew: async (held, lease) => {
      const _id = { $in: held.map(({ tenantId, id }) => eventKey(tenantId, id)) }
      await events.updateMany({ _id, starter: lease.starter, leaseUntil: { $exists: true } }, { $set: { leaseUntil: lease.until } })
    },
    markStarted: async (tenantId, eventIds, workflowId, until) => {
      const filter = { ...keysOf(tenantId, eventIds), dispatchedAt: { $exists: false } }
      await events.updateMany(filter, { $set: { workflowId, leaseUntil: until } })
    },
    markDispatched: async (marks) => {
      const dispatchedAt = new Date()
      const writes = marks.map(({ tenantId, eventIds, workflowId }) => ({
        updateMany: {
          filter: { ...keysOf(tenantId, eventIds), dispatchedAt: { $exists: false } },
          update: { $set: { workflowId, dispatchedAt }, $unset: { leaseUntil: '' as const } },
        },
      }))
      const { matchedCount } = await events.bulkWrite(writes, { ordered: false })
      if (matchedCount < marks.reduce((sum, { eventIds }) => sum + eventIds.length, 0)) await stay(marks, dispatchedAt)
    },
    starters: () => events.distinct('starter', notStarted()),
    endLeases: async (starters) => {
      await events.updateMany({ ...notStarted(), starter: { $in: starters } }, { $set: { leaseUntil: new Date() } })
    },
    takeOverdue: async (lease, limit) => {
      const now = new Date()
      const found = await events
        .find({ leaseUntil: { $lt: now } })
        .sort({ leaseUntil: 1 })
        .limit(limit)
        .project<{ _id: string }>({ _id: 1 })
        .toArray()
      if (found.length === 0) return []
      const ids = found.map(({ _id }) => _id)
      await events.updateMany(
        { _id: { $in: ids }, leaseUntil: { $lt: now } },
        { $set: { leaseUntil: lease.until, starter: lease.starter } },
      )
      const taken = await events
        .find({ _id: { $in: ids }, starter: lease.starter, leaseUntil: lease.until }, { projection: { data: 0 } })
        .toArray()
      // Whoever starts them again needs no data.
      return taken.map((record) => ({ event: toEvent(record, ''), workflowId: record.workflowId }))
    },
  }
}
