import { activityInfo, heartbeat } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { newToken } from '../src/domain/ids'
import { batchBoundMs, PERMIT_WAIT_MS, usesQueueAlone, WEBHOOK_CAP } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { lastOutcomeOf } from '../src/store/outcomes'
import type { Claim } from '../src/store/delivery-claims'
import { isStoreAway } from '../src/store/errors'
import { withEvents } from './absent'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { postAll, type Posted } from './post-all'
import { disabled, failureOf } from './post-failures'
import { loadStanding } from './standing'
import type { Activities, Batch, NotAttempted, PostEventsResult } from './types'
import { watchForStandstill, type Watch } from './watch'

const HEARTBEAT_MS = 3_000
/** How long an attempt waits for MongoDB to take its outcomes before it lets the workflow wait. */
const RECORD_WAIT_MS = 10_000
const STORE_AWAY_MS = 2_000
const STOPPING_WAIT_MS = 1_000

/**
 * One Temporal attempt is one POST of every delivery of the batch that is due; it throws while some
 * are undelivered, so that Temporal's policy paces the next. What was not attempted is a value.
 */
export function createPostEvents(deps: ActivityDeps): Activities['postEvents'] {
  return async ({ tenantId, batch }) => {
    const beat = setInterval(heartbeat, HEARTBEAT_MS)
    const watch = watchForStandstill()
    try {
      return await attempt(deps, tenantId, batch, watch)
    } catch (error) {
      if (isStoreAway(error)) return later('store away', STORE_AWAY_MS, batch.base + activityInfo().attempt - 1)
      throw error
    } finally {
      clearInterval(beat)
      watch.end()
    }
  }
}

const later = (
  reason: NotAttempted,
  waitMs: number,
  base: number,
  more: { startToCloseMs?: number } = {},
): PostEventsResult => ({
  kind: 'later',
  reason,
  notBefore: Date.now() + waitMs,
  base,
  ...more,
})

async function attempt(deps: ActivityDeps, tenantId: string, batch: Batch, watch: Watch): Promise<PostEventsResult> {
  const target = batch.base + activityInfo().attempt
  // An answer that this process still has to write down counts.
  if (!(await deps.recorder.settled(batch.deliveryIds, RECORD_WAIT_MS))) {
    return later('store away', STORE_AWAY_MS, target - 1)
  }
  const readAt = performance.now()
  const [webhook, open] = await Promise.all([
    deps.webhooks.open(tenantId, batch.webhookId),
    undelivered(deps, tenantId, batch),
  ])
  if (open.length === 0) return { kind: 'done' }
  const ids = open.map(({ id }) => id)
  if (!webhook) {
    await deps.deliveries.cancel(tenantId, { ids })
    return { kind: 'done' }
  }
  if (webhook.status === 'disabled') throw disabled(webhook)
  if (webhook.status !== 'active') {
    await deps.deliveries.hold(tenantId, ids, 'unqueued')
    return { kind: 'done' }
  }
  // The time-out may have been raised since the round began.
  const startToCloseMs = batchBoundMs(open.length, webhook.timeoutMs)
  if (startToCloseMs > batch.startToCloseMs) return later('bound', 1, target - 1, { startToCloseMs })
  if (deps.stopping.aborted) return later('stopping', STOPPING_WAIT_MS, target - 1)
  const isLeftAlone = deps.retryAfters.learn(webhook, readAt) > Date.now()
  if (isLeftAlone || usesQueueAlone(webhook) || deps.lanes.isCongested(webhook.id)) {
    await enqueue(deps, tenantId, webhook.id, ids)
    return { kind: 'done' }
  }
  const due = open.filter((delivery) => postsInRound(delivery) < Math.min(target, webhook.retry.maximumAttempts))
  if (due.length === 0) throw failureOf(batch, target, open, webhook)
  return post(deps, { tenantId, batch, target, webhook, open, watch }, due)
}

const undelivered = async (deps: ActivityDeps, tenantId: string, batch: Batch): Promise<Delivery[]> =>
  (await loadStanding(deps, tenantId, batch.deliveryIds))
    .filter(({ status, round }) => UNDER_WAY.includes(status) && round === batch.round)
    // Not those that were handed on meanwhile: to the webhook's queue, or to another workflow.
    .filter(({ workflowId, queue }) => workflowId === ownWorkflowId() && queue === undefined)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))

const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

/** Out of the workflow's hands: the webhook cannot take them now, and no attempt is used up by that. */
async function enqueue(deps: ActivityDeps, tenantId: string, webhookId: string, ids: string[]): Promise<void> {
  await deps.deliveries.enqueue(tenantId, ids, ownWorkflowId(), new Date())
  deps.wakeQueue(tenantId, webhookId)
}

interface Attempt {
  tenantId: string
  batch: Batch
  /** Which POST of its round every delivery shall have had after this attempt. */
  target: number
  webhook: OpenWebhook
  /** What was undelivered before it. */
  open: Delivery[]
  watch: Watch
}

async function post(deps: ActivityDeps, attempt: Attempt, all: Delivery[]): Promise<PostEventsResult> {
  const { tenantId, target } = attempt
  const token = newToken()
  // Before the claim: a store that goes away in between has used up no attempt.
  const events = await deps.events.load(tenantId, all.map(({ eventId }) => eventId))
  const due = await withEvents(deps, tenantId, all, events)
  const absent = new Set(all.filter((delivery) => !due.includes(delivery)))
  const claiming = deps.deliveries.claim(tenantId, due, token)
  const claims = await orGiveBack(deps, claiming, { tenantId, deliveryIds: due.map(({ id }) => id), token })
  deps.faults('after-intent')
  const posted = await postClaimed(deps, attempt, due, claims, events)
  const givenBack = deps.recorder.giveBack(tenantId, [...posted.notBegun, ...posted.tooLate].map(({ deliveryId: id }) => id), token)
  if (!(await within(Promise.all([posted.recorded, givenBack]), RECORD_WAIT_MS))) return later('store away', STORE_AWAY_MS, target - 1)
  if (posted.tooLate.length > 0) await deps.deliveries.expireEvents(tenantId, posted.tooLate.map(({ deliveryId: id }) => id), new Date())
  deps.faults('after-outcome')
  return conclude(deps, attempt, posted, stillOpen(attempt.open.filter((delivery) => !absent.has(delivery)), posted))
}

/** What is neither delivered nor expired, with the answer that it has just had. */
function stillOpen(open: Delivery[], { begun, tooLate }: Posted): Delivery[] {
  const expired = new Set(tooLate.map(({ deliveryId }) => deliveryId))
  const outcomes = new Map(begun.map((outcome) => [outcome.deliveryId, outcome]))
  return open.flatMap((delivery) => {
    const outcome = outcomes.get(delivery.id)
    if (!outcome) return expired.has(delivery.id) ? [] : [delivery]
    if (outcome.exchange.outcome.kind === 'delivered') return []
    return [{ ...delivery, lastOutcome: lastOutcomeOf(outcome), nextAttemptAt: outcome.nextAttemptAt }]
  })
}

async function postClaimed(
  deps: ActivityDeps,
  attempt: Attempt,
  due: Delivery[],
  claims: Claim[],
  loaded: HeraldEvent[],
): Promise<Posted> {
  const events = new Map(loaded.map((event) => [event.id, event]))
  const inRound = new Map(due.map((delivery) => [delivery.id, postsInRound(delivery) + 1]))
  const tasks = claims.map((claim) => ({
    claim,
    event: events.get(claim.eventId) as HeraldEvent,
    numberInRound: inRound.get(claim.deliveryId) ?? 1,
  }))
  const beginBefore = Date.now() + attempt.batch.startToCloseMs - attempt.webhook.timeoutMs - 15_000
  return postAll(deps, attempt.webhook, tasks, {
    beginBefore,
    isLate: attempt.watch.isLate,
    permitWaitMs: PERMIT_WAIT_MS.retries,
    atOnce: WEBHOOK_CAP,
  })
}

async function conclude(deps: ActivityDeps, attempt: Attempt, posted: Posted, open: Delivery[]): Promise<PostEventsResult> {
  const { batch, target, webhook } = attempt
  if (open.length === 0) return { kind: 'done' }
  if (posted.begun.some(({ exchange }) => exchange.outcome.kind === 'gone')) throw disabled(webhook)
  const refused = posted.notBegun.map(({ deliveryId }) => deliveryId)
  const failed = posted.begun.some(({ exchange }) => exchange.outcome.kind !== 'delivered')
  const mustEnd = deps.stopping.aborted || attempt.watch.isLate()
  if (!failed && refused.length > 0 && mustEnd) return later('stopping', STOPPING_WAIT_MS, target - 1)
  if (mustEnd) throw failureOf(batch, target, open, webhook)
  if (refused.length > 0) {
    deps.lanes.congest(webhook.id)
    await enqueue(deps, attempt.tenantId, webhook.id, refused)
  }
  const left = open.filter(({ id }) => !refused.includes(id))
  if (left.length === 0) return { kind: 'done' }
  throw failureOf(batch, target, left, webhook)
}
