import type { DeliveryStore } from '../store/deliveries'
import type { WebhookStore } from '../store/webhooks'

export interface CancelRemovedDeps {
  deliveries: Pick<DeliveryStore, 'cancel'>
  webhooks: Pick<WebhookStore, 'markCancelled'>
}

/**
 * Cancels what was on its way to a deleted webhook; safe to repeat. What is parked comes last, so that
 * a delivery that parks meanwhile is cancelled too, and its workflow told.
 */
export async function cancelRemoved({ deliveries, webhooks }: CancelRemovedDeps, tenantId: string, webhookId: string): Promise<void> {
  await deliveries.cancel(tenantId, { webhookId, from: ['pending', 'retrying', 'held'] })
  await deliveries.cancel(tenantId, { webhookId, from: ['parked'] }, 'cancel')
  await webhooks.markCancelled(tenantId, webhookId)
}
