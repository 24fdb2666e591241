import type { mongo } from 'mongoose'
import { UNDER_WAY, type Delivery, type DeliveryStatus } from '../domain/delivery'
import { toDelivery } from './deliveries'
import { withSteered } from './delivery-moves'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { scoped } from './scope'

/** A delivery that waits, and when it is to be attempted instead. */
export interface Retimed {
  delivery: Delivery
  at: Date
}

/**
 * What people do to deliveries that are under way. What is written here holds, whatever their workflows do
 * meanwhile; what was in the hands of one is marked as untold, so that it lets go. `by`: who asked for it.
 */
export interface SteeredStore {
  /** One that waits for its next attempt goes into its webhook's queue, and its turn is now; false when it does not wait. */
  retryNow: (tenantId: string, id: string, by: string) => Promise<boolean>
  /**
   * Cancels what is under way or held. `attemptUnderWay`: a POST may be in flight, which ends and stays on
   * record. None when there is nothing to cancel.
   */
  cancel: (tenantId: string, id: string, by: string) => Promise<{ attemptUnderWay: boolean } | undefined>
  /**
   * Of the next `limit` deliveries that are under way to a webhook, by id from `after` on, those that wait for
   * their next attempt; none to go on from at the end.
   */
  waiting: (tenantId: string, webhookId: string, after: string, limit: number) => Promise<{ waiting: Delivery[]; last?: string }>
  /** Those that still wait as given go into the queue, with another turn. */
  retime: (tenantId: string, retimed: Retimed[]) => Promise<void>
}

const NOT_ATTEMPTED = { token: { $exists: false } } as const
const CANCELLABLE: DeliveryStatus[] = [...UNDER_WAY, 'held']

export function createSteeredStore({ hot: { deliveries } }: Models): SteeredStore {
  const waits = (): mongo.Filter<DeliveryRecord> => ({ status: { $in: [...UNDER_WAY] }, nextAttemptAt: { $gt: new Date() }, ...NOT_ATTEMPTED })

  const untold = { $cond: [{ $eq: ['$queue', 'waiting'] }, '$untold', 'handedOn'] }
  const queued = (at: Date, more: object = {}): mongo.Document[] => [{ $set: { queue: 'waiting', nextAttemptAt: at, updatedAt: '$$NOW', untold, ...more } }]

  return {
    retryNow: async (tenantId, id, by) => {
      const { modifiedCount } = await deliveries.updateOne({ ...scoped(tenantId, { _id: id }), ...waits() }, queued(new Date(), withSteered({ action: 'retry', by })))
      return modifiedCount === 1
    },
    cancel: async (tenantId, id, by) => {
      const before = await deliveries.findOneAndUpdate(
        { ...scoped(tenantId, { _id: id }), status: { $in: CANCELLABLE } },
        // A token stays: by it the POST in flight is known, and given back when it was not begun.
        [
          { $set: { status: 'cancelled', updatedAt: '$$NOW', untold: { $cond: [{ $eq: ['$status', 'held'] }, '$$REMOVE', untold] }, ...withSteered({ action: 'cancel', by }) } },
          { $unset: ['nextAttemptAt', 'queue'] },
        ],
        { returnDocument: 'before' },
      )
      return before ? { attemptUnderWay: before.token !== undefined } : undefined
    },
    waiting: async (tenantId, webhookId, after, limit) => {
      const underWay = { ...scoped(tenantId, { webhookId, _id: { $gt: after } }), status: { $in: [...UNDER_WAY] } }
      const found = await deliveries.find(underWay, { sort: { _id: 1 }, limit, hint: { tenantId: 1, webhookId: 1, status: 1, _id: -1 } }).toArray()
      const now = new Date()
      // Looked at here and not by the query, which would else read all that does not wait before it answers.
      const waiting = found.filter(({ token, nextAttemptAt }) => token === undefined && nextAttemptAt !== undefined && nextAttemptAt > now)
      return { waiting: waiting.map(toDelivery), ...(found.length === limit && { last: found.at(-1)?._id }) }
    },
    retime: async (tenantId, retimed) => {
      if (retimed.length === 0) return
      const updates = retimed.map(({ delivery: { id, posts }, at }) => ({
        updateOne: { filter: { ...scoped(tenantId, { _id: id, posts }), ...waits() }, update: queued(at) },
      }))
      await deliveries.bulkWrite(updates, { ordered: false })
    },
  }
}
