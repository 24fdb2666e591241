import { activityInfo, heartbeat } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { newToken } from '../src/domain/ids'
import { isBounded, PERMIT_WAIT_MS, WEBHOOK_CAP } from '../src/domain/lanes'
import { backoffMs } from '../src/domain/retry-policy'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { isStoreAway } from '../src/store/errors'
import { parkUsedUp } from './care'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { createLinger, type Linger } from './linger'
import { createPaces, type Pace, type Paces } from './pace'
import { postAll, type Posted, type PostTask } from './post-all'
import { probe } from './probe'
import { paceOf, roomOf } from './queue-bounds'
import { loadStanding } from './standing'
import { createTurns, type Turns } from './turns'
import { BLOCKED_ADDRESS, WEBHOOK_DISABLED, type Activities, type QueueWork } from './types'

const HEARTBEAT_MS = 3_000
/** For so long it goes on with new pages; what waits for other webhooks wants the slot too. */
const SHIFT_MS = 10_000
/** Deliveries whose POSTs are begun in one write, and what a webhook answers in `PAGE_MS`. */
const PAGE = 200
const PAGE_MS = 1_000
const QUICK_AT_ONCE = 16
/** After so many the workflow is told of what was parked. */
const PARKED_AT_ONCE = 500
const EMPTIED_AT_ONCE = 500
const RECORD_WAIT_MS = 10_000
const STORE_AWAY_MS = 2_000
/** After which it looks again when it got no permit. */
const SOON_MS = 1_000

type Outlook = { kind: 'more' | 'empty' } | { kind: 'later'; notBefore: number; unsettled?: true }

/** One run of the activity. */
interface Shift {
  tenantId: string
  webhookId: string
  endsAt: number
  /** The ids of what it has parked; a run that is cut off hands them to the next one. */
  parked: string[]
  turns: Turns
  linger: Linger
}

/** Deliveries whose next POST is written down, and may be made by whoever has the token. */
interface Page {
  webhook: OpenWebhook
  tasks: PostTask[]
  token: string
  /** Of the release that they belong to. */
  pace?: Pace
  /** Of the webhook's rate limit. */
  limit?: Pace
}

/** What waits in a webhook's queue is attempted when its turn comes, one POST of each. */
export function createWorkQueue(deps: ActivityDeps): Activities['workQueue'] {
  const paces = createPaces(deps.releases)
  const lingers = createLinger(deps.stopping)

  return async ({ tenantId, webhookId, unsettled }): Promise<QueueWork> => {
    const { attempt, heartbeatDetails } = activityInfo()
    const parked: string[] = Array.isArray(heartbeatDetails) ? heartbeatDetails : []
    const shift: Shift = { tenantId, webhookId, endsAt: Date.now() + SHIFT_MS, parked, turns: createTurns(deps.turnsTaken, webhookId), linger: lingers() }
    const beat = setInterval(() => heartbeat(shift.parked), HEARTBEAT_MS)
    try {
      const outlook = unsettled || attempt > 1 ? await recover(deps, shift) : undefined
      return { ...(outlook ?? (await work(deps, paces, shift))), parked: shift.parked }
    } catch (error) {
      if (!isStoreAway(error)) throw error
      return { ...storeAway(), parked: shift.parked }
    } finally {
      clearInterval(beat)
      shift.linger.end()
      // What is on record already is late by a page at most.
      await shift.turns.close().catch(() => undefined)
    }
  }
}

const later = (ms: number): Outlook => ({ kind: 'later', notBefore: Date.now() + ms })
const storeAway = (): Outlook => ({ kind: 'later', notBefore: Date.now() + STORE_AWAY_MS, unsettled: true })

/**
 * Page by page, until nothing is due or the time is over. While the POSTs of a page are under way the one
 * before is settled, and of a quick webhook the next is taken.
 */
async function work(deps: ActivityDeps, paces: Paces, shift: Shift): Promise<Outlook> {
  const take = (): Promise<Page | Outlook> => quiet(shift.linger.over(() => takePage(deps, paces, shift), shift.endsAt))
  const isQuick = (): boolean => deps.lanes.capacity(shift.webhookId, PAGE_MS) >= 2 * PAGE
  const isOver = (): boolean => deps.stopping.aborted || Date.now() > shift.endsAt || shift.parked.length >= PARKED_AT_ONCE
  let settling: Promise<boolean> = Promise.resolve(true)
  let ahead: Promise<Page | Outlook> | undefined
  try {
    for (;;) {
      let page = await (ahead ?? take())
      if ('kind' in page) {
        // It looked while some were being attempted: what has come of those counts.
        if (!(await settling)) return storeAway()
        page = await take()
        if ('kind' in page) return page
      } else if (ahead && !(await isActive(deps, shift))) {
        await putBack(deps, shift, page)
        ahead = undefined
        continue
      }
      ahead = !page.pace && !page.limit && isQuick() && !isOver() ? take() : undefined
      const posted = await postAll(deps, page.webhook, page.tasks, {
        beginBefore: shift.endsAt + SHIFT_MS,
        permitWaitMs: PERMIT_WAIT_MS.retries,
        // An endpoint that answers at once needs no more for its pace; more would keep others from their turn.
        ...paceOf(page, isQuick() ? QUICK_AT_ONCE : WEBHOOK_CAP, deps.lanes.capacity(shift.webhookId, PAGE_MS)),
      })
      const before = settling
      settling = quiet(settle(deps, shift, page, posted))
      if (!(await before)) return storeAway()
      const isRefused = page.tasks.length > 0 && posted.begun.length === 0
      if (!isRefused && (ahead || !isOver())) continue
      if (!(await settling)) return storeAway()
      return isRefused || deps.stopping.aborted ? later(SOON_MS) : { kind: 'more' }
    }
  } finally {
    if (ahead) await putBack(deps, shift, await ahead.catch(() => later(0)))
  }
}

/** Since the page was taken. */
const isActive = async ({ webhooks }: ActivityDeps, { tenantId, webhookId }: Shift): Promise<boolean> =>
  (await webhooks.get(tenantId, webhookId))?.status === 'active'

/** It is awaited later, or its failure does not matter any more. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/** A run before this one was cut off: its POSTs count, with an answer or without one. */
async function recover(deps: ActivityDeps, shift: Shift): Promise<Outlook | undefined> {
  const { tenantId, webhookId } = shift
  for (;;) {
    const [lost, webhook] = await Promise.all([deps.queue.unsettled(tenantId, webhookId), deps.webhooks.open(tenantId, webhookId)])
    if (lost.length === 0 || !webhook) return undefined
    const ids = lost.map(({ id }) => id)
    if (!(await deps.recorder.settled(ids, RECORD_WAIT_MS))) return storeAway()
    await park(deps, shift, webhook, ids)
    const left = (await loadStanding(deps, tenantId, ids)).filter(({ queue }) => queue !== undefined)
    const wait = Math.max(0, ...left.map((delivery) => backoffMs(webhook.retry, Math.max(1, postsInRound(delivery)))))
    await deps.deliveries.postpone(tenantId, left.map(({ id }) => id), new Date(Date.now() + wait))
  }
}

async function takePage(deps: ActivityDeps, paces: Paces, shift: Shift): Promise<Page | Outlook> {
  const { tenantId, webhookId } = shift
  const most = Math.min(PAGE, deps.lanes.capacity(webhookId, PAGE_MS))
  const readAt = performance.now()
  const [webhook, { due, nextAt }] = await Promise.all([
    deps.webhooks.open(tenantId, webhookId),
    deps.queue.due(tenantId, webhookId, new Date(), most),
  ])
  const leftAloneUntil = webhook ? deps.retryAfters.learn(webhook, readAt) : 0
  if (webhook?.status !== 'active') return emptyOut(deps, shift, webhook)
  const [first] = due
  if (!first) {
    if (isBounded(webhook)) shift.linger.begin()
    if (nextAt) return { kind: 'later', notBefore: nextAt.getTime() }
    deps.lanes.clear(webhookId)
    return { kind: 'empty' }
  }
  shift.linger.end()
  if (leftAloneUntil > Date.now()) return { kind: 'later', notBefore: leftAloneUntil }
  const { pace, alike } = await paces.of(tenantId, due)
  const room = await roomOf(webhook, shift.turns, alike.length)
  if ('nextAt' in room) return { kind: 'later', notBefore: room.nextAt }
  const taken = alike.slice(0, room.count)
  // What a release trickles into the queue shows no congestion.
  if (!first.releaseId) deps.lanes.congest(webhookId)
  // Before the claim: a store that goes away in between has used up no attempt.
  const events = await deps.events.load(tenantId, [...new Set(taken.map(({ eventId }) => eventId))])
  return { webhook, ...(await begin(deps, shift, webhook, taken, events)), ...(pace && { pace }), ...(room.limit && { limit: room.limit }) }
}

/** Of a webhook that takes none now: held; parked where it is disabled, cancelled where it is gone; page by page. A suspended one is probed. */
async function emptyOut(deps: ActivityDeps, shift: Shift, webhook: OpenWebhook | undefined): Promise<Outlook> {
  const { tenantId, webhookId } = shift
  shift.linger.end()
  deps.lanes.clear(webhookId)
  const ids = await deps.queue.some(tenantId, webhookId, EMPTIED_AT_ONCE)
  if (webhook?.status === 'disabled') await park(deps, shift, webhook, ids, WEBHOOK_DISABLED)
  else if (webhook) await deps.deliveries.hold(tenantId, ids)
  else await deps.deliveries.cancel(tenantId, { ids, from: [...UNDER_WAY] })
  if (ids.length === EMPTIED_AT_ONCE) return later(SOON_MS)
  const isProbed = webhook?.status === 'suspended' && !webhook.secretsLost
  return isProbed ? { kind: 'later', notBefore: await probe(deps, webhook) } : { kind: 'empty' }
}

/** Writes down the POSTs that are about to be made; parks what the webhook's policy allows no more of. */
async function begin(deps: ActivityDeps, shift: Shift, webhook: OpenWebhook, due: Delivery[], events: HeraldEvent[]): Promise<Pick<Page, 'tasks' | 'token'>> {
  const { tenantId } = shift
  const isLeft = (delivery: Delivery): boolean => postsInRound(delivery) < webhook.retry.maximumAttempts
  const usedUp = due.filter((delivery) => !isLeft(delivery)).map(({ id }) => id)
  await park(deps, shift, webhook, usedUp)
  const ready = due.filter(isLeft)
  const token = newToken()
  const claiming = deps.deliveries.claimQueued(tenantId, ready, token)
  const claims = await orGiveBack(deps, claiming, { tenantId, deliveryIds: ready.map(({ id }) => id), token })
  deps.faults('after-intent')
  const numbers = new Map(ready.map((delivery) => [delivery.id, postsInRound(delivery) + 1]))
  const byId = new Map(events.map((event) => [event.id, event]))
  const tasks = claims.map((claim) => ({
    claim,
    event: byId.get(claim.eventId) as HeraldEvent,
    numberInRound: numbers.get(claim.deliveryId) ?? 1,
  }))
  return { tasks, token }
}

/** False when MongoDB has not yet taken what became of them: the next run goes on from there. */
async function settle(deps: ActivityDeps, shift: Shift, page: Page, posted: Posted): Promise<boolean> {
  try {
    return await writeDown(deps, shift, page, posted)
  } catch (error) {
    if (!isStoreAway(error)) throw error
    return false
  }
}

async function writeDown(deps: ActivityDeps, shift: Shift, { webhook, token }: Page, posted: Posted): Promise<boolean> {
  const { tenantId } = shift
  const { begun, notBegun, tooLate, recorded } = posted
  const givenBack = deps.recorder.giveBack(tenantId, [...notBegun, ...tooLate].map(({ deliveryId: id }) => id), token)
  if (!(await within(Promise.all([recorded, givenBack]), RECORD_WAIT_MS))) return false
  deps.faults('after-outcome')
  if (tooLate.length > 0) await deps.deliveries.expireEvents(tenantId, tooLate.map(({ deliveryId }) => deliveryId), new Date())
  const ids = (kind: 'gone' | 'blocked' | 'failed'): string[] =>
    begun.filter(({ exchange, nextAttemptAt }) => exchange.outcome.kind === kind && !nextAttemptAt).map(({ deliveryId }) => deliveryId)
  for (const [kind, failure] of [['gone', WEBHOOK_DISABLED], ['blocked', BLOCKED_ADDRESS], ['failed', undefined]] as const) {
    await park(deps, shift, webhook, ids(kind), failure)
  }
  return true
}

/** Of a page that was taken ahead and not begun. One that was begun has no claim under its token any more. */
async function putBack(deps: ActivityDeps, shift: Shift, page: Page | Outlook): Promise<void> {
  if ('kind' in page) return
  const notBegun = page.tasks.map(({ claim }) => claim)
  await settle(deps, shift, page, { begun: [], notBegun, tooLate: [], recorded: Promise.resolve() })
}

async function park(deps: ActivityDeps, shift: Shift, { retry }: OpenWebhook, deliveryIds: string[], failure?: string): Promise<void> {
  if (deliveryIds.length === 0) return
  const { tenantId, webhookId, parked } = shift
  const out = await parkUsedUp(deps, { tenantId, batch: { webhookId, deliveryIds, policy: retry }, failure })
  parked.push(...out)
  const left = deliveryIds.filter((id) => !out.includes(id))
  // Its policy allows more by now.
  if (failure === undefined) await deps.deliveries.postpone(tenantId, left, new Date(Date.now() + retry.initialIntervalMs))
}
