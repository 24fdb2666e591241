import type { Exchange } from '../src/delivery/post'
import type { HeraldEvent } from '../src/domain/event'
import { envelope } from '../src/domain/event'
import { usesQueueAlone, WEBHOOK_CAP } from '../src/domain/lanes'
import { RETRY_AFTER_MAX_MS, backoffMs } from '../src/domain/retry-policy'
import type { Outcome } from '../src/domain/outcome'
import { liveSecrets } from '../src/domain/signing-secrets'
import { hasExpired } from '../src/domain/timing'
import type { OpenWebhook } from '../src/domain/webhook'
import type { Claim } from '../src/store/delivery-claims'
import type { PostOutcome } from '../src/store/outcomes'
import type { ActivityDeps } from './deps'
import type { Return } from './lanes'

export interface PostTask {
  claim: Claim
  event: HeraldEvent
  /** Which POST of its round this is, from 1. */
  numberInRound: number
}

/** `begun` answers for every POST that was made; `notBegun` had no permit in time, no receiver any more, or no way out of Herald. */
export interface Posted {
  begun: PostOutcome[]
  notBegun: Claim[]
  /** Of events that have expired before their POST. */
  tooLate: Claim[]
  /** Settles once every outcome is durable. */
  recorded: Promise<unknown>
}

export interface PostBounds {
  /** In ms since 1970: no POST is begun after it. */
  beginBefore: number
  /** Somebody else may make the POSTs meanwhile: none is begun any more. */
  isLate?: () => boolean
  permitWaitMs: number
  /** POSTs of this call under way at once. */
  atOnce: number
  /** Waited for before each POST, and before its permit: of a webhook with a rate limit, nobody else wants one. */
  limit?: () => Promise<void>
  /** Waited for before each POST, permit in hand. */
  turn?: () => Promise<void>
}

type PostAllDeps = Pick<ActivityDeps, 'post' | 'observe' | 'lanes' | 'retryAfters' | 'recorder' | 'webhooks' | 'notices' | 'stopping' | 'metrics' | 'logger' | 'faults'>

/** Makes the claimed POSTs to one webhook, in order and within the bounds. */
export async function postAll(
  deps: PostAllDeps,
  webhook: OpenWebhook,
  tasks: PostTask[],
  bounds: PostBounds,
): Promise<Posted> {
  const begun: PostOutcome[] = []
  const recorded: Promise<void>[] = []
  const tooLate: Claim[] = []
  const withoutWay: Claim[] = []
  const asked: Promise<void>[] = []
  let next = 0
  /** Runners that wait for their turn: each takes a task. */
  let coming = 0
  let gone = false

  /** Its receiver wants to be left alone: an answer said so, to whomever. */
  const isUnwanted = (): boolean => gone || deps.retryAfters.until(webhook.id) > Date.now()
  const mustEnd = (): boolean => isUnwanted() || deps.stopping.aborted || Date.now() >= bounds.beginBefore || bounds.isLate?.() === true

  /** A permit, which the POST follows at once; none where no POST may be made. */
  async function admit(): Promise<Return | undefined> {
    await bounds.limit?.()
    const giveBack = await deps.lanes.take(webhook.id, bounds.permitWaitMs, usesQueueAlone(webhook) ? WEBHOOK_CAP : undefined)
    if (!giveBack) return undefined
    await bounds.turn?.()
    // Each may have been waited for.
    if (!mustEnd()) return giveBack
    giveBack('unused')
    return undefined
  }

  async function runner(): Promise<void> {
    while (next + coming < tasks.length && !mustEnd()) {
      coming += 1
      const giveBack = await admit()
      coming -= 1
      if (!giveBack) return
      const task = tasks[next++]
      let came: 'delivered' | 'failed' | 'unused' = 'unused'
      try {
        if (!task) return
        if (hasExpired(task.event, new Date())) {
          tooLate.push(task.claim)
          continue
        }
        const outcome = await postOne(deps, webhook, task)
        if (isOurs(outcome.exchange.outcome)) {
          withoutWay.push(task.claim)
          if (!isUnwanted()) deps.logger.warn({ tenantId: webhook.tenantId, webhookId: webhook.id, outcome: outcome.exchange.outcome }, 'there is no way out of Herald: the deliveries of a webhook wait, and use up no attempt')
          asked.push(deps.retryAfters.ask(webhook, WITHOUT_WAY_MS))
          continue
        }
        came = outcome.exchange.outcome.kind === 'delivered' ? 'delivered' : 'failed'
        begun.push(outcome)
        // At once, not with the others: one slow answer must not keep the rest from being remembered.
        recorded.push(deps.recorder.record(outcome))
        asked.push(deps.retryAfters.ask(webhook, retryAfterMs(outcome.exchange.outcome)))
        gone ||= outcome.exchange.outcome.kind === 'gone'
      } finally {
        giveBack(came)
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(bounds.atOnce, tasks.length) }, runner))
  await Promise.all([deps.observe(webhook, begun), ...asked])
  if (gone) await disable(deps, webhook)
  return { begun, notBegun: [...withoutWay, ...tasks.slice(next).map(({ claim }) => claim)], tooLate, recorded: Promise.all(recorded) }
}

/** How long a webhook is left alone when the egress proxy is away. */
const WITHOUT_WAY_MS = 5_000

/** Nothing has left Herald: it uses up no attempt, and says nothing of the webhook. */
const isOurs = (outcome: Outcome): boolean => outcome.kind === 'failed' && outcome.isOurs === true

/** What is not written down now is when the next POST is answered with 410 again: the claims come first. */
async function disable({ webhooks, notices, logger }: PostAllDeps, { tenantId, id }: OpenWebhook): Promise<void> {
  try {
    const isDisabled = await webhooks.setStatus(tenantId, id, ['active', 'paused', 'suspended'], 'disabled', 'answered 410')
    if (isDisabled) await notices.tellChanges(tenantId, id)
  } catch (error) {
    logger.warn({ err: error, tenantId, webhookId: id }, 'a webhook answered 410 and could not be disabled, or that not be told: it is at its next 410, or soon')
  }
}

async function postOne(deps: PostAllDeps, webhook: OpenWebhook, task: PostTask): Promise<PostOutcome> {
  const { claim, event, numberInRound } = task
  const { secrets } = webhook
  const exchange = await deps.post({
    url: webhook.url,
    body: envelope(event),
    deliveryEventId: event.id,
    attempt: claim.number,
    timeoutMs: webhook.timeoutMs,
    secrets: liveSecrets(webhook, new Date()),
    ...(secrets.auth && { auth: secrets.auth }),
    ...(secrets.headers && { headers: secrets.headers }),
    ...(secrets.clientCertificate && { clientCertificate: secrets.clientCertificate }),
  })
  deps.faults('after-post')
  deps.metrics.posts.inc({ outcome: exchange.outcome.kind })
  return {
    tenantId: webhook.tenantId,
    deliveryId: claim.deliveryId,
    number: claim.number,
    exchange,
    webhookId: webhook.id,
    ...arrival(claim, event, exchange),
    ...nextAttempt(webhook, numberInRound, exchange.outcome),
  }
}

/** How long the event was on its way. A replay says nothing of that: it brings what is old. */
function arrival({ replayed }: Claim, { createdAt, deliverAt }: HeraldEvent, { startedAt, durationMs, outcome }: Exchange): { arrivedAfterMs?: number } {
  if (outcome.kind !== 'delivered' || replayed) return {}
  const since = Math.max(createdAt.getTime(), deliverAt?.getTime() ?? 0)
  return { arrivedAfterMs: Math.max(0, Math.round(startedAt.getTime() + durationMs - since)) }
}

const retryAfterMs = (outcome: Outcome): number => (outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0)

/** Rounded up, so that deliveries that fail together are recorded together. */
const NEXT_ATTEMPT_STEP_MS = 250

function nextAttempt(webhook: OpenWebhook, numberInRound: number, outcome: Outcome): { nextAttemptAt?: Date } {
  if (outcome.kind !== 'failed' || numberInRound >= webhook.retry.maximumAttempts) return {}
  const asked = Math.min(retryAfterMs(outcome), RETRY_AFTER_MAX_MS)
  const at = Date.now() + Math.max(backoffMs(webhook.retry, numberInRound), asked)
  return { nextAttemptAt: new Date(Math.ceil(at / NEXT_ATTEMPT_STEP_MS) * NEXT_ATTEMPT_STEP_MS) }
}
