import type { Delivery } from '../domain/delivery'
import { toDelivery } from './deliveries'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { scoped } from './scope'

export interface Waiting {
  tenantId: string
  webhookId: string
  /** The first turn, where every one that waits has one. */
  firstAt?: Date
}

/** What waits in the queues of webhooks; `held` is what a pause or a suspension holds. */
export interface QueueStore {
  /** Those whose turn has come at `now`, the longest waiting first; where there is none, when the first turn comes. */
  due: (tenantId: string, webhookId: string, now: Date, limit: number) => Promise<{ due: Delivery[]; nextAt?: Date }>
  /** Those whose attempt was begun and has come to nothing yet. */
  unsettled: (tenantId: string, webhookId: string) => Promise<Delivery[]>
  /** The oldest that a pause or a suspension holds, by id from `after` on. */
  held: (tenantId: string, webhookId: string, limit: number, after?: string) => Promise<Delivery[]>
  /** The ids of any that are in the queue and are not being attempted. */
  some: (tenantId: string, webhookId: string, limit: number) => Promise<string[]>
  /** Every webhook that has something in its queue. */
  webhooks: () => Promise<Waiting[]>
  /** Every webhook for which something is held. */
  holding: () => Promise<Waiting[]>
}

const FEW = 4
/** More than can be claimed at a time. */
const HEAD = 1_000

export function createQueueStore({ deliveries }: Models): QueueStore {
  const inTurn = async (filter: object, limit: number): Promise<Delivery[]> =>
    (await deliveries.find(filter, null, { sort: { nextAttemptAt: 1, _id: 1 }, limit }).lean<DeliveryRecord[]>()).map(toDelivery)

  /** One look a webhook, along the index: what waits there, and what else there is, costs nothing. */
  async function webhooksIn(index: 'held' | 'due', filter: object): Promise<Waiting[]> {
    const order: Record<string, 1> = index === 'due' ? { webhookId: 1, queue: 1, nextAttemptAt: 1, _id: 1 } : { webhookId: 1, _id: 1 }
    const found: Waiting[] = []
    for (let last = ''; ; last = found.at(-1)?.webhookId ?? '') {
      const [next] = await deliveries
        .find({ ...filter, webhookId: { $gt: last } }, null, { sort: order, hint: index, limit: 1 })
        .lean<DeliveryRecord[]>()
      if (!next) return found
      const { tenantId, webhookId, queue, nextAttemptAt } = next
      found.push({ tenantId, webhookId, ...(queue === 'waiting' && nextAttemptAt && { firstAt: nextAttemptAt }) })
    }
  }

  return {
    due: async (tenantId, webhookId, now, limit) => {
      const waiting = scoped(tenantId, { webhookId, queue: 'waiting', token: { $exists: false } })
      const isDue = ({ nextAttemptAt }: Delivery): boolean => nextAttemptAt !== undefined && nextAttemptAt <= now
      // Most queues have a few: one look tells what is due there, and what comes next.
      const few = await inTurn({ ...waiting, nextAttemptAt: { $gte: new Date(0) } }, Math.min(limit, FEW))
      const due = few.length < FEW || !few.every(isDue) ? few.filter(isDue) : await inTurn({ ...waiting, nextAttemptAt: { $lte: now } }, limit)
      if (due.length > 0) return { due }
      const [next] = few
      return next?.nextAttemptAt ? { due, nextAt: next.nextAttemptAt } : { due }
    },
    unsettled: async (tenantId, webhookId) => {
      // They were taken in turn: they are among the first.
      const first = await inTurn(scoped(tenantId, { webhookId, queue: 'waiting' }), HEAD)
      return first.filter(({ token, nextAttemptAt }) => token !== undefined || nextAttemptAt === undefined)
    },
    held: async (tenantId, webhookId, limit, after = '') => {
      const found = deliveries.find(scoped(tenantId, { webhookId, status: 'held', _id: { $gt: after } }), null, { sort: { _id: 1 }, limit })
      return (await found.lean<DeliveryRecord[]>()).map(toDelivery)
    },
    some: async (tenantId, webhookId, limit) => {
      const filter = scoped(tenantId, { webhookId, queue: { $exists: true }, token: { $exists: false } })
      return (await deliveries.find(filter, { _id: 1 }).limit(limit).lean<{ _id: string }[]>()).map(({ _id }) => _id)
    },
    webhooks: () => webhooksIn('due', { queue: { $exists: true } }),
    holding: () => webhooksIn('held', { status: 'held' }),
  }
}
