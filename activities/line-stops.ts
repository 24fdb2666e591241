import { deliveryId } from '../src/domain/ids'
import { orderingKeyOf, turnOf } from '../src/domain/ordering'
import type { OpenWebhook } from '../src/domain/webhook'
import type { ActivityDeps } from './deps'
import { createWanted } from './wanted'

/** By key, the first event that is in the journal, goes to the webhook, and has no delivery yet. */
export async function stopsOf({ lines, events, logger }: Pick<ActivityDeps, 'lines' | 'events' | 'logger'>, webhook: OpenWebhook, keys: string[]): Promise<Map<string, number>> {
  const { tenantId, eventTypes, filter } = webhook
  const stops = new Map<string, number>()
  if (keys.length === 0) return stops
  const wanted = createWanted([webhook], logger)
  for await (const page of events.undispatched(tenantId, keys, eventTypes, filter !== undefined)) {
    const waiting = page.filter((event) => turnOf(event) < (stops.get(orderingKeyOf(event)) ?? Infinity) && wanted(event).length > 0)
    const ids = waiting.map(({ id, createdAt }) => deliveryId(tenantId, id, createdAt, webhook.id))
    const existing = await lines.existing(tenantId, ids)
    for (const [i, event] of waiting.entries()) {
      if (existing.has(ids[i] ?? '')) continue
      const key = orderingKeyOf(event)
      stops.set(key, Math.min(turnOf(event), stops.get(key) ?? Infinity))
    }
  }
  return stops
}
