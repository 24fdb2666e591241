import { FINAL_STATUSES, statusesBefore, UNDER_WAY, type Delivery, type ExpiredReason } from '../domain/delivery'
import { firstDeliveryId } from '../domain/ids'
import { toDelivery } from './deliveries'
import type { Models } from './models'
import type { DeliveryRecord } from './records'

/** Looks, over all tenants, for deliveries that may need somebody. For the reconciler alone. */
export interface OverdueStore {
  /** With a message for their workflow that is not known to have arrived. */
  untold: (before: Date, limit: number) => Promise<Delivery[]>
  /** Under way, but nothing has happened since `before`, nor was to happen since then. */
  stuck: (before: Date, limit: number) => Promise<Delivery[]>
  /** Not final, in the care of this workflow. */
  inCareOf: (workflowId: string, limit: number) => Promise<Delivery[]>
  /** Parked, by id from `after` on: a page of a scan that goes round and round. */
  parkedAfter: (after: string, limit: number) => Promise<Delivery[]>
  /** Expires what waits, for whatever, and whose event has expired at `now`. */
  expireEvents: (now: Date) => Promise<void>
  /** Somebody does look after them: they come up again later. */
  touch: (ids: string[]) => Promise<void>
}

export function createOverdueStore({ deliveries }: Models): OverdueStore {
  const list = async (filter: object, order: Record<string, 1>, limit: number): Promise<Delivery[]> =>
    (await deliveries.find(filter, null, { sort: order }).limit(limit).lean<DeliveryRecord[]>()).map(toDelivery)

  return {
    untold: (before, limit) => list({ untold: { $exists: true }, updatedAt: { $lt: before } }, { updatedAt: 1 }, limit),
    stuck: (before, limit) =>
      list(
        {
          // What waits in a webhook's queue is looked after by that. As the index has it.
          queue: null,
          status: { $in: [...UNDER_WAY] },
          _id: { $lt: firstDeliveryId(before) },
          updatedAt: { $lt: before },
          $or: [{ nextAttemptAt: { $exists: false } }, { nextAttemptAt: { $lt: before } }],
        },
        { _id: 1 },
        limit,
      ),
    inCareOf: (workflowId, limit) =>
      list({ workflowId, queue: { $exists: false }, status: { $nin: [...FINAL_STATUSES, 'held'] } }, { _id: 1 }, limit),
    parkedAfter: (after, limit) => list({ status: 'parked', _id: { $gt: after } }, { _id: 1 }, limit),
    expireEvents: async (now) => {
      const expiredReason: ExpiredReason = 'event expired'
      await deliveries.updateMany(
        // With a token a POST may be in flight, whose answer counts.
        { expireAt: { $lte: now }, status: { $in: statusesBefore('expired') }, token: { $exists: false } },
        { $set: { status: 'expired', expiredReason, updatedAt: now }, $unset: { nextAttemptAt: '', queue: '' } },
      )
    },
    touch: async (ids) => {
      await deliveries.updateMany({ _id: { $in: ids } }, { $set: { updatedAt: new Date() } })
    },
  }
}
