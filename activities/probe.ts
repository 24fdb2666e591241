import { postsInRound, type Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { probeWaitMs } from '../src/domain/health'
import { newToken } from '../src/domain/ids'
import { PERMIT_WAIT_MS } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { lastOutcomeOf } from '../src/store/outcomes'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { oldestThatOpens } from './held'
import type { Pace } from './pace'
import { postAll, type Posted } from './post-all'
import type { Shift } from './queue-shift'

const RECORD_WAIT_MS = 10_000

/** `untried`: it had no receiver, no permit or no time, which says nothing of the webhook. */
type Tried = 'answered' | 'failed' | 'untried'

/**
 * Tries a suspended webhook with the oldest of what is held, when its time has come. An answer lets it go
 * on; a failure uses up none of the delivery's attempts. Answers when to look again, in ms since 1970.
 */
export async function probe(deps: ActivityDeps, webhook: OpenWebhook, { turns, run, lines: { scan } }: Pick<Shift, 'turns' | 'run' | 'lines'>): Promise<number> {
  const { id } = webhook
  const failing = (await deps.health.find([id])).get(id)
  const at = Math.max(failing?.nextProbeAt?.getTime() ?? 0, deps.retryAfters.until(id))
  if (at > Date.now()) return at
  const turn = webhook.rateLimit && (await turns.reserve(webhook.rateLimit, 1))
  if (turn && 'nextAt' in turn) return turn.nextAt
  // Before the claim: what cannot be POSTed is not claimed.
  const oldest = await oldestThatOpens(deps, webhook, scan)
  const tried = oldest ? await attempt(deps, webhook, oldest, run.isOver, turn?.pace) : 'untried'
  if (tried === 'answered') return goOn(deps, webhook)
  // With nothing to try it with, the wait does not grow.
  const probes = (failing?.probes ?? 0) + (tried === 'failed' ? 1 : 0)
  const next = new Date(Date.now() + probeWaitMs(deps.suspension, probes))
  await deps.health.probe(id, probes, next)
  return next.getTime()
}

async function attempt(deps: ActivityDeps, webhook: OpenWebhook, { delivery, event }: { delivery: Delivery; event: HeraldEvent }, isLate: () => boolean, limit: Pace | undefined): Promise<Tried> {
  const { tenantId } = webhook
  const token = newToken()
  const claiming = deps.deliveries.claimHeld(tenantId, [delivery], token)
  const [claim] = await orGiveBack(deps, claiming, { tenantId, deliveryIds: [delivery.id], token })
  if (!claim) return 'untried'
  const posted = await postAll(deps, webhook, [{ claim, event, numberInRound: postsInRound(delivery) + 1 }], {
    beginBefore: Date.now() + webhook.timeoutMs,
    isLate,
    permitWaitMs: PERMIT_WAIT_MS.retries,
    atOnce: 1,
    ...(limit && { limit: limit.turn }),
  })
  return conclude(deps, tenantId, token, posted)
}

async function conclude({ deliveries, recorder }: ActivityDeps, tenantId: string, token: string, posted: Posted): Promise<Tried> {
  const unused = [...posted.notBegun, ...posted.tooLate].map(({ deliveryId }) => deliveryId)
  await within(Promise.all([posted.recorded, recorder.giveBack(tenantId, unused, token)]), RECORD_WAIT_MS)
  const [outcome] = posted.begun
  if (!outcome) return 'untried'
  if (outcome.exchange.outcome.kind === 'delivered') return 'answered'
  await deliveries.holdOn(tenantId, outcome.deliveryId, token, lastOutcomeOf(outcome))
  return 'failed'
}

async function goOn({ webhooks, health, notices, releasing }: ActivityDeps, { tenantId, id }: OpenWebhook): Promise<number> {
  if (await webhooks.setStatus(tenantId, id, ['suspended'], 'active', 'answered again')) {
    await health.clear(id)
    await releasing.resumeHeld(tenantId, id)
    await notices.tellChanges(tenantId, id)
  }
  return Date.now()
}
