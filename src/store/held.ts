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
      const groups = await deliveries.aggregate<{ _id: { tenantId: string; webhookId: string } }>([
        { $match: { status: 'held' } },
        { $group: { _id: { tenantId: '$tenantId', webhookId: '$webhookId' } } },
      ])
      return groups.map(({ _id }) => _id)
    },
  }
}
