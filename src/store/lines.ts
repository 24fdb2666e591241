import { UNDER_WAY, type Delivery, type DeliveryStatus } from '../domain/delivery'
import { toDelivery } from './deliveries'
import type { DeliveryRecord, Models } from './models'
import { scoped } from './scope'

/** Where a delivery to an ordered webhook stands. */
export interface Place {
  id: string
  orderingKey: string
  turn: number
}

/** The lines of an ordered webhook: of each ordering key, its deliveries in order, until they are final. */
export interface LineStore {
  /** The first of a line, `limit` at most. */
  first: (tenantId: string, webhookId: string, orderingKey: string, limit: number) => Promise<Delivery[]>
  /** The first of every line of the webhook that no turn brings: it stands behind nothing, or is through (in one of these statuses) and still there. */
  stranded: (webhookId: string, through: DeliveryStatus[]) => Promise<Delivery[]>
  /** Those of the ids that there are, wherever they stand. */
  existing: (tenantId: string, ids: string[]) => Promise<Set<string>>
  join: (tenantId: string, places: Place[]) => Promise<void>
  /** Whoever stands behind others needs no turn. */
  stepBack: (tenantId: string, ids: string[]) => Promise<void>
  /** Those behind have their turn again. */
  comeForward: (tenantId: string, ids: string[]) => Promise<void>
  /** The key goes on without them. */
  leave: (tenantId: string, ids: string[]) => Promise<void>
  /** The webhook keeps no order any more: what stands behind has its turn. Answers how many. */
  dissolve: (tenantId: string, webhookId: string) => Promise<number>
}

export function createLineStore({ hot: { deliveries } }: Models): LineStore {
  const among = (tenantId: string, ids: string[]) => scoped(tenantId, { _id: { $in: ids } })

  return {
    first: async (tenantId, webhookId, orderingKey, limit) => {
      const line = deliveries.find({ ...scoped(tenantId, { webhookId, orderingKey }), turn: { $gt: 0 } }, { sort: { turn: 1 }, limit, hint: 'lines' })
      return (await line.toArray()).map(toDelivery)
    },
    stranded: async (webhookId, through) => {
      // One step a line along the index, whatever stands in it: so the match has nothing that is not in there.
      const heads = await deliveries
        .aggregate<{ head: DeliveryRecord }>(
          [
            { $match: { webhookId, turn: { $gt: 0 } } },
            { $sort: { webhookId: 1, orderingKey: 1, turn: 1 } },
            { $group: { _id: '$orderingKey', head: { $first: '$$ROOT' } } },
            { $match: { $or: [{ 'head.queue': 'behind' }, { 'head.status': { $in: through } }] } },
          ],
          { hint: 'lines' },
        )
        .toArray()
      return heads.map(({ head }) => toDelivery(head))
    },
    existing: async (tenantId, ids) => {
      if (ids.length === 0) return new Set()
      const found = await deliveries.find(among(tenantId, ids), { projection: { _id: 1 } }).toArray()
      return new Set(found.map(({ _id }) => _id))
    },
    join: async (tenantId, places) => {
      if (places.length === 0) return
      const writes = places.map(({ id, orderingKey, turn }) => ({
        updateOne: { filter: { ...among(tenantId, [id]), status: { $in: [...UNDER_WAY] } }, update: { $set: { orderingKey, turn } } },
      }))
      await deliveries.bulkWrite(writes, { ordered: false })
    },
    stepBack: async (tenantId, ids) => {
      if (ids.length === 0) return
      const waiting = { ...among(tenantId, ids), queue: 'waiting' as const, token: { $exists: false } }
      await deliveries.updateMany(waiting, { $set: { queue: 'behind', updatedAt: new Date() } })
    },
    comeForward: async (tenantId, ids) => {
      if (ids.length === 0) return
      await deliveries.updateMany({ ...among(tenantId, ids), queue: 'behind' }, { $set: { queue: 'waiting', updatedAt: new Date() } })
    },
    leave: async (tenantId, ids) => {
      if (ids.length === 0) return
      const through = { ...among(tenantId, ids), status: { $nin: [...UNDER_WAY, 'held' as const] } }
      await deliveries.updateMany(through, { $unset: { turn: '' } })
    },
    dissolve: async (tenantId, webhookId) => {
      const behind = scoped(tenantId, { webhookId, queue: 'behind' as const })
      return (await deliveries.updateMany(behind, { $set: { queue: 'waiting' } })).modifiedCount
    },
  }
}
