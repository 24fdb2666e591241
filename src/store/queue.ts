import type { Delivery } from '../domain/delivery'
import { toDelivery } from './deliveries'
import type { DeliveryRecord, Models } from './models'
import { scoped } from './scope'

export interface Waiting {
  tenantId: string
  webhookId: string
}

/** What waits for its webhook: held by a pause, or in its queue because it cannot take it now. */
export interface QueueStore {
  /** The oldest that may be attempted at `now`; where none may, when to look again. */
  due: (tenantId: string, webhookId: string, now: Date, limit: number) => Promise<{ due: Delivery[]; nextAt?: Date }>
  /** Those that were taken out and are not yet anywhere else, oldest first. */
  taken: (tenantId: string, webhookId: string, limit: number) => Promise<Delivery[]>
  /** The ids of any that are in the queue. */
  some: (tenantId: string, webhookId: string, limit: number) => Promise<string[]>
  /** Every webhook for which something waits. */
  webhooks: () => Promise<Waiting[]>
}

export function createQueueStore({ deliveries }: Models): QueueStore {
  async function oldest(filter: object, limit: number): Promise<Delivery[]> {
    return (await deliveries.find(filter).sort({ _id: 1 }).limit(limit).lean<DeliveryRecord[]>()).map(toDelivery)
  }

  /** One look a webhook, along the index: what waits there, and what else there is, costs nothing. */
  async function webhooksIn(index: 'held' | 'queue', filter: object): Promise<Waiting[]> {
    const order: Record<string, 1> = index === 'queue' ? { webhookId: 1, queue: 1, _id: 1 } : { webhookId: 1, _id: 1 }
    const found: Waiting[] = []
    for (let last = ''; ; last = found.at(-1)?.webhookId ?? '') {
      const [next] = await deliveries
        .find({ ...filter, webhookId: { $gt: last } }, null, { sort: order, hint: index, limit: 1 })
        .lean<DeliveryRecord[]>()
      if (!next) return found
      found.push({ tenantId: next.tenantId, webhookId: next.webhookId })
    }
  }

  return {
    due: async (tenantId, webhookId, now, limit) => {
      const isDue = { $or: [{ nextAttemptAt: { $exists: false } }, { nextAttemptAt: { $lte: now } }] }
      const later = { nextAttemptAt: { $gt: now } }
      const held = scoped(tenantId, { webhookId, status: 'held' })
      const queued = scoped(tenantId, { webhookId, queue: 'waiting' })
      const found = await Promise.all([oldest({ ...queued, ...isDue }, limit), oldest({ ...held, ...isDue }, limit)])
      const due = found.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
      if (due.length > 0) return { due }
      const waiting = (await Promise.all([oldest({ ...queued, ...later }, limit), oldest({ ...held, ...later }, limit)])).flat()
      const times = waiting.flatMap(({ nextAttemptAt }) => nextAttemptAt?.getTime() ?? [])
      return times.length > 0 ? { due, nextAt: new Date(Math.min(...times)) } : { due }
    },
    taken: (tenantId, webhookId, limit) => oldest(scoped(tenantId, { webhookId, queue: 'taken' }), limit),
    some: async (tenantId, webhookId, limit) => {
      const filter = scoped(tenantId, { webhookId, queue: { $exists: true } })
      return (await deliveries.find(filter, { _id: 1 }).limit(limit).lean<{ _id: string }[]>()).map(({ _id }) => _id)
    },
    webhooks: async () => {
      const all = [...(await webhooksIn('held', { status: 'held' })), ...(await webhooksIn('queue', { queue: { $exists: true } }))]
      return [...new Map(all.map((waiting) => [waiting.webhookId, waiting])).values()]
    },
  }
}
