import { FINAL_STATUSES, UNDER_WAY, type Delivery } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { createDeliveryClaims, type DeliveryClaims } from './delivery-claims'
import { createDeliveryMoves, type DeliveryMoves } from './delivery-moves'
import { duplicateIndexes, isStoreAway } from './errors'
import { createGroupCommit } from './group-commit'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { scoped, scopedTo } from './scope'

export interface DeliveryStore extends DeliveryClaims, DeliveryMoves {
  /** Inserts the records that do not stand yet; answers those that were there already. */
  insert: (deliveries: Delivery[]) => Promise<Delivery[]>
  load: (tenantId: string, ids: string[]) => Promise<Delivery[]>
  /** Deliveries under way in the care of `workflowId` go into their webhook's queue; their turn is at `at`, or when they may be tried again. */
  enqueue: (tenantId: string, ids: string[], workflowId: string, at: Date) => Promise<void>
  /** The same of what has failed and waits for its next attempt; answers how many. Not what somebody has claimed meanwhile. */
  enqueueFailed: (tenantId: string, ids: string[], workflowId: string) => Promise<number>
  /** What is in the queue has its turn at `at`; nobody may POST it before. */
  postpone: (tenantId: string, ids: string[], at: Date) => Promise<void>
  /** Gives what was parked in a queue to a workflow. */
  adoptParked: (tenantId: string, ids: string[], to: string) => Promise<void>
  /** Hands deliveries of a lost workflow to another one. */
  adopt: (tenantId: string, ids: string[], from: string, to: string) => Promise<void>
  /** The message has arrived; the mark of a newer one stays. */
  told: (tenantId: string, ids: string[], message: Message) => Promise<void>
  /** Not final and not held, in the care of this workflow. */
  inCareOf: (tenantId: string, workflowId: string) => Promise<Delivery[]>
}

/** What a workflow was told. A cancelled delivery stays so: its round says nothing. */
export interface Message {
  action: NonNullable<Delivery['untold']>
  round?: number
}

export const toDelivery = ({ _id, ...rest }: DeliveryRecord): Delivery => ({ id: _id, ...rest })

export function createDeliveryStore(models: Models): DeliveryStore {
  const { deliveries } = models.hot

  const load = async (tenantId: string, ids: string[]): Promise<Delivery[]> =>
    (await deliveries.find(scopedTo(tenantId, ids)).toArray()).map(toDelivery)

  /** Of many workflows in one write: those that begin while two are under way go together. */
  const inserts = createGroupCommit<Delivery, Delivery | undefined>({ maxInFlight: 2, maxItems: 1_000, failsAll: isStoreAway, write: insertAll })

  /** What stood already, per delivery. */
  async function insertAll(added: Delivery[]): Promise<(Delivery | undefined)[]> {
    try {
      const records = added.map(({ id, ...rest }) => ({ _id: id, ...rest }))
      await deliveries.insertMany(records, { ordered: false })
      return added.map(() => undefined)
    } catch (error) {
      const duplicates = duplicateIndexes(error)
      const byTenant = groupBy(added.filter((_, i) => duplicates.has(i)), ({ tenantId }) => tenantId)
      const standing = await Promise.all([...byTenant].map(([tenantId, there]) => load(tenantId, there.map(({ id }) => id))))
      const byId = new Map(standing.flat().map((delivery) => [delivery.id, delivery]))
      return added.map(({ id }) => byId.get(id))
    }
  }

  return {
    ...createDeliveryClaims(models),
    ...createDeliveryMoves(models),
    insert: async (added) => (added.length === 0 ? [] : (await inserts.addAll(added)).filter((there) => there !== undefined)),
    load,
    enqueue: async (tenantId, ids, workflowId, at) => {
      if (ids.length === 0) return
      // Not what has gone there meanwhile, by a person's hand: it may be in flight.
      await deliveries.updateMany({ ...scopedTo(tenantId, ids), workflowId, status: { $in: [...UNDER_WAY] }, queue: { $exists: false } }, [
        // The wait after an attempt, and what the receiver asked for, goes on there.
        { $set: { queue: 'waiting', nextAttemptAt: { $max: ['$nextAttemptAt', at] }, updatedAt: '$$NOW' } },
        { $unset: ['token'] },
      ])
    },
    enqueueFailed: async (tenantId, ids, workflowId) => {
      const filter = { ...scopedTo(tenantId, ids), workflowId, status: 'retrying' as const, queue: { $exists: false }, token: { $exists: false } }
      return (await deliveries.updateMany(filter, { $set: { queue: 'waiting', updatedAt: new Date() } })).modifiedCount
    },
    postpone: async (tenantId, ids, at) => {
      if (ids.length === 0) return
      const update = { $set: { nextAttemptAt: at, updatedAt: new Date() }, $unset: { token: '' as const } }
      await deliveries.updateMany({ ...scopedTo(tenantId, ids), queue: 'waiting' }, update)
    },
    adoptParked: async (tenantId, ids, to) => {
      await deliveries.updateMany({ ...scopedTo(tenantId, ids), status: 'parked' }, { $set: { workflowId: to, updatedAt: new Date() } })
    },
    adopt: async (tenantId, ids, from, to) => {
      await deliveries.updateMany(
        { ...scopedTo(tenantId, ids), workflowId: from, queue: { $exists: false }, status: { $nin: [...FINAL_STATUSES] } },
        { $set: { workflowId: to, updatedAt: new Date() } },
      )
    },
    told: async (tenantId, ids, { action, round }) => {
      const about = { untold: action, ...(round !== undefined && { round }) }
      await deliveries.updateMany({ ...scopedTo(tenantId, ids), ...about }, { $unset: { untold: '' } })
    },
    inCareOf: async (tenantId, workflowId) => {
      const filter = { ...scoped(tenantId, { workflowId }), status: { $nin: [...FINAL_STATUSES, 'held' as const] } }
      return (await deliveries.find(filter).toArray()).map(toDelivery)
    },
  }
}
