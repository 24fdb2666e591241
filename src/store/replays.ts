import type { Delivery } from '../domain/delivery'
import { UNDER_WAY } from '../domain/delivery'
import type { HeraldEvent } from '../domain/event'
import { firstDeliveryId } from '../domain/ids'
import { toDelivery } from './deliveries'
import { dataContext, toEvent } from './event-records'
import type { Models } from './models'
import type { DeliveryRecord, EventRecord } from './records'
import { SCHEDULE } from './schedule'
import { scoped } from './scope'
import type { Vaults } from './vaults'

/** Which events a replay is about. `to` is not included. */
export interface ReplayRange {
  typeIds: number[]
  entityId?: string
  from: Date
  to: Date
}

export interface PastEvent extends HeraldEvent {
  /** Where a walk goes on after it. */
  cursor: string
  /** `waiting`: it has no deliveries yet, and will be delivered by itself. */
  state: 'dispatched' | 'waiting' | 'scheduled' | 'cancelled'
}

/** What replays read. */
export interface ReplayStore {
  /** Those that were dispatched and have not expired at `at`; since `settledAt`, all that are not scheduled: their mark may be on its way. */
  count: (tenantId: string, range: ReplayRange, at: Date, settledAt: Date) => Promise<number>
  /** Oldest first, one after the other: they need not fit into memory together. `data` is empty without `withData`; with it, what cannot be opened is passed over. */
  walk: (tenantId: string, range: ReplayRange, cursor: string | undefined, withData: boolean) => AsyncIterable<PastEvent>
  /** Of how many of the events a delivery is on its way to the webhook. */
  underWay: (tenantId: string, webhookId: string, range: ReplayRange) => Promise<number>
  /** Every delivery of some events to the webhook. */
  deliveriesOf: (tenantId: string, webhookId: string, eventIds: string[]) => Promise<Delivery[]>
}

export function createReplayStore({ hot, deliveries }: Models, vaults: Vaults): ReplayStore {
  return {
    count: (tenantId, range, at, settledAt) => {
      const young = { createdAt: { $gte: settledAt }, starter: { $ne: SCHEDULE }, cancelledAt: { $exists: false } }
      const conditions = [
        within(range),
        { $or: [{ dispatchedAt: { $exists: true } }, young] },
        { $or: [{ expireAt: { $exists: false } }, { expireAt: { $gt: at } }] },
      ]
      return hot.events.countDocuments(scoped(tenantId, { $and: conditions }))
    },
    walk: async function* (tenantId, range, cursor, withData) {
      const found = hot.events
        .find(scoped(tenantId, { $and: [within(range), cursor === undefined ? {} : laterThan(cursor)] }), {
          projection: withData ? {} : { data: 0 },
        })
        .sort({ createdAt: 1, _id: 1 })
        .batchSize(200)
      for await (const record of found) {
        const data = record.data === undefined ? '' : await vaults.openIfAble(tenantId, record.data, dataContext(tenantId, record.eventId))
        if (data !== undefined) yield toPastEvent(record, data)
      }
    },
    underWay: async (tenantId, webhookId, { typeIds, entityId, from, to }) => {
      const filter = {
        webhookId,
        status: { $in: [...UNDER_WAY, 'held'] },
        typeId: { $in: typeIds },
        ...(entityId !== undefined && { entityId }),
        _id: { $gte: firstDeliveryId(from), $lt: firstDeliveryId(to) },
      }
      const [found] = await deliveries.aggregate<{ events: number }>([
        { $match: scoped(tenantId, filter) },
        { $group: { _id: '$eventId' } },
        { $count: 'events' },
      ])
      return found?.events ?? 0
    },
    deliveriesOf: async (tenantId, webhookId, eventIds) =>
      (await deliveries.find(scoped(tenantId, { eventId: { $in: eventIds }, webhookId })).lean<DeliveryRecord[]>()).map(toDelivery),
  }
}

const within = ({ typeIds, entityId, from, to }: ReplayRange): object => ({
  typeId: { $in: typeIds },
  ...(entityId !== undefined && { entityId }),
  createdAt: { $gte: from, $lt: to },
  // What was erased is not delivered again.
  erasedAt: { $exists: false },
})

const cursorOf = ({ createdAt, _id }: EventRecord): string => `${createdAt.toISOString()} ${_id}`

function laterThan(cursor: string): object {
  const [time = '', id = ''] = cursor.split(' ')
  const createdAt = new Date(time)
  // The first condition bounds the index scan; the second leaves out what was seen already.
  return { createdAt: { $gte: createdAt }, $or: [{ createdAt: { $gt: createdAt } }, { _id: { $gt: id } }] }
}

function toPastEvent(record: EventRecord, data: string): PastEvent {
  const { hash: _hash, ...event } = toEvent(record, data)
  return { ...event, cursor: cursorOf(record), state: stateOf(record) }
}

function stateOf({ dispatchedAt, cancelledAt, starter }: EventRecord): PastEvent['state'] {
  if (dispatchedAt) return 'dispatched'
  if (cancelledAt) return 'cancelled'
  return starter === SCHEDULE ? 'scheduled' : 'waiting'
}
