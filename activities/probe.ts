import { postsInRound, type Delivery } from '../src/domain/delivery'
import { probeWaitMs } from '../src/domain/health'
import { newToken } from '../src/domain/ids'
import { PERMIT_WAIT_MS } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { lastOutcomeOf } from '../src/store/outcomes'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { heldInOrder } from './lines'
import type { Pace } from './pace'
import { postAll, type Posted } from './post-all'
import type { Turns } from './turns'

const RECORD_WAIT_MS = 10_000

/**
 * Tries a suspended webhook with the oldest of what is held, when its time has come. An answer lets it go
 * on; a failure uses up none of the delivery's attempts. Answers when to look again, in ms since 1970.
 */
export async function probe(deps: ActivityDeps, webhook: OpenWebhook, turns: Turns): Promise<number> {
  const { tenantId, id } = webhook
  const failing = (await deps.health.find([id])).get(id)
  const at = Math.max(failing?.nextProbeAt?.getTime() ?? 0, deps.retryAfters.until(id))
  if (at > Date.now()) return at
  const turn = webhook.rateLimit && (await turns.reserve(webhook.rateLimit, 1))
  if (turn && 'nextAt' in turn) return turn.nextAt
  const probes = failing?.probes ?? 0
  const [oldest] = webhook.ordering ? await heldInOrder(deps, webhook) : await deps.queue.held(tenantId, id, 1)
  const isAnswered = oldest !== undefined && (await attempt(deps, webhook, oldest, turn?.pace))
  if (isAnswered) return goOn(deps, webhook)
  // With nothing to try it with, the wait does not grow.
  const next = new Date(Date.now() + probeWaitMs(deps.suspension, oldest ? probes + 1 : probes))
  await deps.health.probe(id, oldest ? probes + 1 : probes, next)
  return next.getTime()
}

async function attempt(deps: ActivityDeps, webhook: OpenWebhook, delivery: Delivery, limit: Pace | undefined): Promise<boolean> {
  const { tenantId } = webhook
  // Before the claim: what cannot be POSTed is not claimed.
  const [event] = await deps.events.load(tenantId, [delivery.eventId])
  if (!event) return false
  const token = newToken()
  const claiming = deps.deliveries.claimHeld(tenantId, [delivery], token)
  const [claim] = await orGiveBack(deps, claiming, { tenantId, deliveryIds: [delivery.id], token })
  if (!claim) return false
  const posted = await postAll(deps, webhook, [{ claim, event, numberInRound: postsInRound(delivery) + 1 }], {
    beginBefore: Date.now() + webhook.timeoutMs,
    permitWaitMs: PERMIT_WAIT_MS.retries,
    atOnce: 1,
    ...(limit && { limit: limit.turn }),
  })
  return conclude(deps, tenantId, token, posted)
}

/** Whether it was delivered. */
async function conclude({ deliveries, recorder }: ActivityDeps, tenantId: string, token: string, posted: Posted): Promise<boolean> {
  const unused = [...posted.notBegun, ...posted.tooLate].map(({ deliveryId }) => deliveryId)
  await within(Promise.all([posted.recorded, recorder.giveBack(tenantId, unused, token)]), RECORD_WAIT_MS)
  const [outcome] = posted.begun
  if (!outcome) return false
  if (outcome.exchange.outcome.kind === 'delivered') return true
  await deliveries.holdOn(tenantId, outcome.deliveryId, token, lastOutcomeOf(outcome))
  return false
}

async function goOn({ webhooks, health, notices, releasing }: ActivityDeps, { tenantId, id }: OpenWebhook): Promise<number> {
  if (await webhooks.setStatus(tenantId, id, ['suspended'], 'active', 'answered again')) {
    await health.clear(id)
    await releasing.resumeHeld(tenantId, id)
    await notices.tellChanges(tenantId, id)
  }
  return Date.now()
}
