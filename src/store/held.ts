import type { Delivery } from '../domain/delivery'
import { toDelivery } from './deliveries'
import type { DeliveryRecord, Models } from './models'
import { scoped } from './scope'

/** Looks for deliveries by what they wait for. */
export interface HeldStore {
  /** The oldest held deliveries of a webhook. */
  oldest: (tenantId: string, webhookId: string, limit: number) => Promise<Delivery[]>
  /** Those that a release took and has not handed on. */
  takenBy: (tenantId: string, webhookId: string, workflowId: string, limit: number) => Promise<Delivery[]>
  /** Every webhook that has held deliveries. */
  webhooks: () => Promise<{ tenantId: string; webhookId: string }[]>
}

export function createHeldStore({ deliveries }: Models): HeldStore {
  return {
    oldest: async (tenantId, webhookId, limit) =>
      (
        await deliveries
          .find(scoped(tenantId, { webhookId, status: 'held' as const }))
          .sort({ _id: 1 })
          .limit(limit)
          .lean<DeliveryRecord[]>()
      ).map(toDelivery),
    takenBy: async (tenantId, webhookId, workflowId, limit) =>
      (
        await deliveries
          .find(scoped(tenantId, { webhookId, workflowId, status: 'pending' as const }))
          .sort({ _id: 1 })
          .limit(limit)
          .lean<DeliveryRecord[]>()
      ).map(toDelivery),
    webhooks: async () => {
      const found: { tenantId: string; webhookId: string }[] = []
      // One look a webhook, along the index: what is held, and what else there is, costs nothing.
      for (let last = ''; ; last = found.at(-1)?.webhookId ?? '') {
        const [next] = await deliveries
          .find({ status: 'held', webhookId: { $gt: last } })
          .sort({ webhookId: 1, _id: 1 })
          .hint('held')
          .limit(1)
          .lean<DeliveryRecord[]>()
        if (!next) return found
        found.push({ tenantId: next.tenantId, webhookId: next.webhookId })
      }
    },
  }
}
