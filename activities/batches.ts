import { postsInRound, type Delivery } from '../src/domain/delivery'
import { groupBy } from '../src/domain/group-by'
import { batchBoundMs } from '../src/domain/lanes'
import { mostUrgent } from '../src/domain/timing'
import type { Webhook } from '../src/domain/webhook'
import type { Batch, Parked } from './types'

/** One batch of deliveries to a webhook whose activity's first attempt stands for POST `base + 1`. */
export function batchOf(webhook: Webhook, deliveries: Pick<Delivery, 'id' | 'round' | 'typeId' | 'priority'>[], base: number): Batch {
  return {
    webhookId: webhook.id,
    deliveryIds: deliveries.map(({ id }) => id),
    round: deliveries[0]?.round ?? 0,
    base,
    policy: webhook.retry,
    priority: mostUrgent(deliveries),
    startToCloseMs: batchBoundMs(deliveries.length, webhook.timeoutMs),
  }
}

/**
 * Deliveries at any place of their rounds, as batches that go on there: the first Temporal attempt
 * stands for the newest POST, so that the wait after it is kept.
 */
export function batchesOf(deliveries: Delivery[], webhooks: ReadonlyMap<string, Webhook>): Batch[] {
  const alike = groupBy(deliveries, (delivery) =>
    [delivery.webhookId, delivery.round, postsInRound(delivery)].join('/'),
  )
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    const webhook = webhooks.get(first.webhookId)
    return webhook ? [batchOf(webhook, group, Math.max(0, postsInRound(first) - 1))] : []
  })
}

export function parkedOf(delivery: Delivery, expiryNoticeMs: number): Parked {
  const expiresAt = delivery.expiresAt?.getTime() ?? 0
  return {
    deliveryId: delivery.id,
    webhookId: delivery.webhookId,
    round: delivery.round,
    expiresAt,
    noticeAt: expiresAt - expiryNoticeMs,
    noticed: delivery.expiryNoticedAt !== undefined,
  }
}
