import { WEBHOOK_CAP } from '../src/domain/lanes'
import type { Webhook } from '../src/domain/webhook'
import type { Pace } from './pace'
import type { PostBounds } from './post-all'
import type { Turns } from './turns'

/** How many of so many POSTs the webhook's own limits allow for now; else when they allow the next one. */
export async function roomOf(
  { rateLimit, maxInFlight = WEBHOOK_CAP }: Webhook,
  turns: Turns,
  wanted: number,
): Promise<{ count: number; limit?: Pace } | { nextAt: number }> {
  // With fewer at once a page takes longer.
  const most = Math.max(1, Math.ceil((wanted * maxInFlight) / WEBHOOK_CAP))
  if (!rateLimit) return { count: most }
  const reserved = await turns.reserve(rateLimit, most)
  return 'nextAt' in reserved ? reserved : { count: reserved.count, limit: reserved.pace }
}

/** Paces of a page: of the release that it belongs to, and of its webhook's rate limit. */
interface Paced {
  webhook: Webhook
  pace?: Pace
  limit?: Pace
}

/** How a page is spaced, and how many of it are under way at once: `usual`, or what its paces need. */
export function paceOf({ webhook, pace, limit }: Paced, usual: number, capacityPerSecond: number): Pick<PostBounds, 'atOnce' | 'turn' | 'limit'> {
  const perSecond = Math.min(pace?.perSecond ?? Infinity, limit?.perSecond ?? Infinity)
  // And a few more: each waits for its turn.
  const needed = Math.min(WEBHOOK_CAP, Math.ceil((perSecond * WEBHOOK_CAP) / capacityPerSecond) + 2)
  return {
    atOnce: Math.min(webhook.maxInFlight ?? WEBHOOK_CAP, pace || limit ? needed : usual),
    ...(pace && { turn: pace.turn }),
    ...(limit && { limit: limit.turn }),
  }
}
