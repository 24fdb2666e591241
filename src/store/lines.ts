import { FINAL_STATUSES, UNDER_WAY, type Delivery, type DeliveryStatus } from '../domain/delivery'
import { toDelivery } from './deliveries'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { THROUGH } from './schemas'
import { scoped, scopedTo } from './scope'

/** Where a delivery to an ordered webhook stands. */
export interface Place {
  id: string
  orderingKey: string
  turn: number
}

/** The lines of an ordered webhook: of each ordering key, its deliveries in order, until they are final. */
export interface LineStore {
  /** The first of a line, `limit` at most; but for those in these statuses. */
  first: (tenantId: string, webhookId: string, orderingKey: string, limit: number, without?: DeliveryStatus[]) => Promise<Delivery[]>
  /** The keys of those that are through (in one of these statuses) and still in their line: it has something to do. At most of so many deliveries. */
  moved: (webhookId: string, through: DeliveryStatus[], limit: number) => Promise<string[]>
  /** Of so many lines, by key from `after` on, the keys of those whose first one is behind, though it stands behind nothing; none to go on from at the end. */
  stranded: (webhookId: string, after: string, limit: number) => Promise<{ keys: string[]; last?: string }>
  /** Those of the ids that there are, wherever they stand. */
  existing: (tenantId: string, ids: string[]) => Promise<Set<string>>
  join: (tenantId: string, places: Place[]) => Promise<void>
  /** Whoever stands behind others needs no turn. */
  stepBack: (tenantId: string, ids: string[]) => Promise<void>
  /** Those behind have their turn again. */
  comeForward: (tenantId: string, ids: string[]) => Promise<void>
  /** The journal stops them: they have their turn again at `at`. */
  askAgain: (tenantId: string, ids: string[], at: Date) => Promise<void>
  /** The key goes on without them. */
  leave: (tenantId: string, ids: string[]) => Promise<void>
  /** The webhook keeps no order any more: what stands behind has its turn, what is final leaves. Answers how many have their turn. */
  dissolve: (tenantId: string, webhookId: string) => Promise<number>
}

/** MongoDB takes the index only where it sees its condition in the query: all of its statuses are named, and some left out. */
const marking = (statuses: readonly DeliveryStatus[]) => ({
  status: { $in: THROUGH, $nin: THROUGH.filter((status) => !statuses.includes(status)) },
  turn: { $gt: 0 },
})

export function createLineStore({ hot: { deliveries } }: Models): LineStore {
  return {
    first: async (tenantId, webhookId, orderingKey, limit, without) => {
      const filter = { ...scoped(tenantId, { webhookId, orderingKey }), turn: { $gt: 0 }, ...(without && { status: { $nin: without } }) }
      return (await deliveries.find(filter, { sort: { turn: 1 }, limit, hint: 'lines' }).toArray()).map(toDelivery)
    },
    moved: async (webhookId, through, limit) => {
      const marks = deliveries.find({ webhookId, ...marking(through) }, { hint: 'through', limit, projection: { orderingKey: 1 } })
      return [...new Set((await marks.toArray()).map(({ orderingKey = '' }) => orderingKey))]
    },
    stranded: async (webhookId, after, limit) => {
      // One step a line along the index, whatever stands in it: so the match has nothing that is not in there.
      const heads = await deliveries
        .aggregate<{ _id: string; head: DeliveryRecord }>(
          [
            { $match: { webhookId, orderingKey: { $gt: after }, turn: { $gt: 0 } } },
            { $sort: { webhookId: 1, orderingKey: 1, turn: 1 } },
            { $group: { _id: '$orderingKey', head: { $first: '$$ROOT' } } },
            { $limit: limit },
          ],
          { hint: 'lines' },
        )
        .toArray()
      const keys = heads.filter(({ head }) => head.queue === 'behind').map(({ _id }) => _id)
      return { keys, ...(heads.length === limit && { last: heads.at(-1)?._id }) }
    },
    existing: async (tenantId, ids) => {
      if (ids.length === 0) return new Set()
      const found = await deliveries.find(scopedTo(tenantId, ids), { projection: { _id: 1 } }).toArray()
      return new Set(found.map(({ _id }) => _id))
    },
    join: async (tenantId, places) => {
      if (places.length === 0) return
      const writes = places.map(({ id, orderingKey, turn }) => ({
        updateOne: { filter: { ...scopedTo(tenantId, [id]), status: { $in: [...UNDER_WAY] } }, update: { $set: { orderingKey, turn } } },
      }))
      await deliveries.bulkWrite(writes, { ordered: false })
    },
    stepBack: async (tenantId, ids) => {
      if (ids.length === 0) return
      const waiting = { ...scopedTo(tenantId, ids), queue: 'waiting' as const, token: { $exists: false } }
      await deliveries.updateMany(waiting, { $set: { queue: 'behind', updatedAt: new Date() } })
    },
    comeForward: async (tenantId, ids) => {
      if (ids.length === 0) return
      await deliveries.updateMany({ ...scopedTo(tenantId, ids), queue: 'behind' }, { $set: { queue: 'waiting', updatedAt: new Date() } })
    },
    askAgain: async (tenantId, ids, at) => {
      if (ids.length === 0) return
      const waiting = { ...scopedTo(tenantId, ids), queue: { $exists: true }, token: { $exists: false } }
      await deliveries.updateMany(waiting, { $set: { queue: 'waiting', nextAttemptAt: at, updatedAt: new Date() } })
    },
    leave: async (tenantId, ids) => {
      if (ids.length === 0) return
      const through = { ...scopedTo(tenantId, ids), status: { $nin: [...UNDER_WAY, 'held' as const] } }
      await deliveries.updateMany(through, { $unset: { turn: '' } })
    },
    dissolve: async (tenantId, webhookId) => {
      const final = scoped(tenantId, { webhookId, ...marking(FINAL_STATUSES) })
      await deliveries.updateMany(final, { $unset: { turn: '' } }, { hint: 'through' })
      const behind = scoped(tenantId, { webhookId, queue: 'behind' as const })
      return (await deliveries.updateMany(behind, { $set: { queue: 'waiting' } })).modifiedCount
    },
  }
}
