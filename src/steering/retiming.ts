import { postsInRound, type Delivery } from '../domain/delivery'
import { backoffMs, type RetryPolicy } from '../domain/retry-policy'
import type { DeliveryStore } from '../store/deliveries'
import type { Retimed, SteeredStore } from '../store/steered'
import type { WebhookStore } from '../store/webhooks'
import type { WorkflowStarts } from '../temporal/start'
import type { Messenger } from './messenger'

export interface RetimingDeps {
  steered: Pick<SteeredStore, 'waiting' | 'retime'>
  webhooks: Pick<WebhookStore, 'get'>
  deliveries: Pick<DeliveryStore, 'load'>
  messenger: Pick<Messenger, 'tell'>
  starts: Pick<WorkflowStarts, 'drain'>
}

/** Gives what waits for its next attempt at a webhook its turn by the policy that the webhook has now; safe to repeat. */
export type Retime = (tenantId: string, webhookId: string) => Promise<void>

const PAGE = 500
/** A turn that differs by less is the same, rounded. */
const SAME_MS = 500

export function createRetime({ steered, webhooks, deliveries, messenger, starts }: RetimingDeps): Retime {
  return async (tenantId, webhookId) => {
    let after: string | undefined = ''
    while (after !== undefined) {
      // Afresh for each page: the newest change counts.
      const webhook = await webhooks.get(tenantId, webhookId)
      if (!webhook) return
      const { waiting, last } = await steered.waiting(tenantId, webhookId, after, PAGE)
      const retimed = waiting.flatMap((delivery) => retimedBy(webhook.retry, delivery))
      after = last
      if (retimed.length === 0) continue
      await steered.retime(tenantId, retimed)
      // Whoever works the queue off hears of turns that come earlier than it knows.
      await starts.drain({ tenantId, webhookId })
      // Their workflows let go of them; what is not told for a crash is by the reconciler.
      const moved = await deliveries.load(tenantId, retimed.map(({ delivery }) => delivery.id))
      await messenger.tell(tenantId, moved.filter(({ untold }) => untold === 'handedOn'))
    }
  }
}

/** What has had as many attempts as the policy allows has its turn at once: it parks there, without another POST. */
function retimedBy(policy: RetryPolicy, delivery: Delivery): Retimed[] {
  const attempts = postsInRound(delivery)
  // Nothing was attempted: there is no back-off to shorten.
  if (attempts === 0 || !delivery.nextAttemptAt) return []
  const wait = attempts >= policy.maximumAttempts ? 0 : backoffMs(policy, attempts)
  const at = Math.max(Date.now(), answeredAt(delivery) + wait)
  return Math.abs(at - delivery.nextAttemptAt.getTime()) < SAME_MS ? [] : [{ delivery, at: new Date(at) }]
}

function answeredAt({ lastOutcome, posts, intents, updatedAt }: Delivery): number {
  return (lastOutcome?.attempt === posts ? lastOutcome.at : (intents.at(-1) ?? updatedAt)).getTime()
}
