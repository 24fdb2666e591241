import { FINAL_STATUSES } from '../domain/delivery'
import type { Standing } from '../domain/retention'
import type { Models } from './models'
import type { EventRecord, RetentionCursorRecord } from './records'
import { scoped } from './scope'
import { createTakeTurn } from './turns'

/** What retention needs to know of an event. */
export type AgedEvent = Pick<EventRecord, '_id' | 'tenantId' | 'eventId' | 'entityId' | 'createdAt' | 'dispatchedAt' | 'cancelledAt'>

/** The deliveries of an event taken together, and how many of them are marked to leave. */
export type MarkedStanding = Standing & { marked: number }

/** Finds the events whose time to leave may have come. For retention alone, and so over all tenants. */
export interface RetentionLooks {
  /** True for one process at a time: the others leave the work to it until `forMs` have passed. */
  takeTurn: (forMs: number) => Promise<boolean>
  /** How far each tenant's events were looked at, by tenant. */
  cursors: () => Promise<Map<string, string>>
  /** The oldest events after the cursor that were published until `before`. */
  older: (tenantId: string, cursor: string | undefined, before: Date, limit: number) => Promise<AgedEvent[]>
  /** Everything up to this event is marked or has its time for another look. Answers the cursor. */
  advance: (tenantId: string, last: AgedEvent) => Promise<string>
  /** Those whose time for another look has come. */
  due: (now: Date, limit: number) => Promise<AgedEvent[]>
  /** By event id; nothing for an event without deliveries. */
  standing: (tenantId: string, eventIds: string[]) => Promise<Map<string, MarkedStanding>>
}

const AGED = { tenantId: 1, eventId: 1, entityId: 1, createdAt: 1, dispatchedAt: 1, cancelledAt: 1 } as const

const TURN = 'retention'

export function createRetentionLooks({ hot, retentionCursors, turns }: Models): RetentionLooks {
  const takeTurn = createTakeTurn({ turns })
  return {
    takeTurn: (forMs) => takeTurn(TURN, forMs),
    cursors: async () => {
      const records = await retentionCursors.find().lean<RetentionCursorRecord[]>()
      return new Map(records.map(({ _id, cursor }) => [_id, cursor]))
    },
    older: (tenantId, cursor, before, limit) =>
      hot.events
        .find(scoped(tenantId, publishedBetween(cursor, before)), { hint: { tenantId: 1, createdAt: -1, _id: -1 } })
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit)
        .project<AgedEvent>(AGED)
        .toArray(),
    advance: async (tenantId, last) => {
      const cursor = cursorAt(last)
      // Another process may be further on.
      await retentionCursors.updateOne({ _id: tenantId }, { $max: { cursor } }, { upsert: true })
      return cursor
    },
    due: (now, limit) =>
      hot.events
        .find({ lookAgainAt: { $lte: now } })
        .sort({ lookAgainAt: 1 })
        .limit(limit)
        .project<AgedEvent>(AGED)
        .toArray(),
    standing: async (tenantId, eventIds) => {
      const found = await hot.deliveries
        .aggregate<MarkedStanding & { _id: string }>(
          [
            { $match: scoped(tenantId, { eventId: { $in: eventIds } }) },
            { $group: { _id: '$eventId', open: { $sum: isOpen }, movedAt: { $max: '$updatedAt' }, marked: { $sum: isMarked } } },
          ],
          { hint: { tenantId: 1, eventId: 1 } },
        )
        .toArray()
      return new Map(found.map(({ _id, ...standing }) => [_id, standing]))
    },
  }
}

const isOpen = { $cond: [{ $in: ['$status', FINAL_STATUSES] }, 0, 1] }
const isMarked = { $cond: [{ $ifNull: ['$removeAt', false] }, 1, 0] }

const cursorAt = ({ createdAt, _id }: AgedEvent): string => `${createdAt.toISOString()} ${_id}`

function publishedBetween(cursor: string | undefined, before: Date): object {
  if (cursor === undefined) return { createdAt: { $lte: before } }
  const [time = '', id = ''] = cursor.split(' ')
  const createdAt = new Date(time)
  // The first condition bounds the index scan; the second leaves out what was looked at already.
  return { createdAt: { $gte: createdAt, $lte: before }, $or: [{ createdAt: { $gt: createdAt } }, { _id: { $gt: id } }] }
}
