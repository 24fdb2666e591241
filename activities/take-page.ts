import { postsInRound, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { newToken } from '../src/domain/ids'
import { usesQueueAlone } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import type { Claim } from '../src/store/delivery-claims'
import { withEvents } from './absent'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { inTurn, takeInOrder } from './lines'
import type { Paces } from './pace'
import { probe } from './probe'
import { roomOf } from './queue-bounds'
import { later, type Outlook, type Page, type Shift } from './queue-shift'
import { park } from './settle-page'
import { WEBHOOK_DISABLED } from './types'

/** Deliveries whose POSTs are begun in one write, and what a webhook answers in `PAGE_MS`. */
export const PAGE = 200
export const PAGE_MS = 1_000
const EMPTIED_AT_ONCE = 500
/** After which it looks again when there is more. */
const SOON_MS = 1_000
/** For so long a webhook that another process may have changed is not read again for an empty look. */
const FRESH_MS = 5_000
/** What stands behind others is woken with these; this is for what was lost. */
const BEHIND_MS = 60_000

/** The next deliveries of a webhook's queue whose turn has come, claimed; else when to look again. */
export async function takePage(deps: ActivityDeps, paces: Paces, shift: Shift): Promise<Page | Outlook> {
  const { tenantId, webhookId } = shift
  const most = Math.min(PAGE, deps.lanes.capacity(webhookId, PAGE_MS))
  const readAt = performance.now()
  const looking = deps.queue.due(tenantId, webhookId, new Date(), most)
  if (shift.known && readAt - shift.known.readAt < FRESH_MS) {
    const { due: [first], nextAt } = await looking
    if (!first && nextAt) return nothingDue(deps, shift, nextAt)
  }
  const [webhook, { due, nextAt }] = await Promise.all([deps.webhooks.open(tenantId, webhookId), looking])
  const leftAloneUntil = webhook ? deps.retryAfters.learn(webhook, readAt) : 0
  if (webhook?.status !== 'active') return emptyOut(deps, shift, webhook)
  const isLeftAlone = leftAloneUntil > Date.now()
  if (webhook.ordering) return isLeftAlone ? { kind: 'later', notBefore: leftAloneUntil } : takeChains(deps, paces, shift, webhook, { due, nextAt, most })
  // It may have kept order before.
  if (!shift.known && (await deps.lines.dissolve(tenantId, webhookId)) > 0) return { kind: 'more' }
  shift.known = { usesQueueAlone: usesQueueAlone(webhook), readAt }
  const [first] = due
  if (!first) {
    if (nextAt) return nothingDue(deps, shift, nextAt)
    if (usesQueueAlone(webhook)) shift.linger.begin()
    deps.lanes.clear(webhookId)
    return { kind: 'empty' }
  }
  shift.linger.end()
  if (isLeftAlone) return { kind: 'later', notBefore: leftAloneUntil }
  const { pace, alike } = await paces.of(tenantId, due)
  const room = await roomOf(webhook, shift.turns, alike.length)
  if ('nextAt' in room) return { kind: 'later', notBefore: room.nextAt }
  const taken = alike.slice(0, room.count)
  // What a release trickles into the queue shows no congestion.
  if (!first.releaseId) deps.lanes.congest(webhookId)
  // Before the claim: a store that goes away in between has used up no attempt.
  const events = await deps.events.load(tenantId, [...new Set(taken.map(({ eventId }) => eventId))])
  if ((await withEvents(deps, tenantId, taken, events)).length < taken.length) return { kind: 'more' }
  return { webhook, ...(await begin(deps, shift, webhook, taken, events)), ...(pace && { pace }), ...(room.limit && { limit: room.limit }) }
}

function nothingDue({ lanes }: ActivityDeps, { known, linger, webhookId }: Shift, nextAt: Date): Outlook {
  lanes.recover(webhookId)
  if (known?.usesQueueAlone) linger.begin()
  return { kind: 'later', notBefore: nextAt.getTime() }
}

/** The same of an ordered webhook: of each line those whose turn it is. */
async function takeChains(deps: ActivityDeps, paces: Paces, shift: Shift, webhook: OpenWebhook, found: { due: Delivery[]; nextAt: Date | undefined; most: number }): Promise<Page | Outlook> {
  const { tenantId, webhookId } = shift
  delete shift.known
  const { pace, alike } = await paces.of(tenantId, found.due)
  const { chains: ready, moved } = await takeInOrder(deps, webhook, shift.lines, alike, pace ? alike.length : found.most)
  if (found.due.length > 0) shift.hasSeenDue = true
  if (ready.length === 0) {
    if (shift.hasSeenDue) shift.linger.begin()
    if (moved) return { kind: 'more' }
    if (found.nextAt) return { kind: 'later', notBefore: found.nextAt.getTime() }
    const isEmpty = (await deps.queue.some(tenantId, webhookId, 1)).length === 0
    return isEmpty ? { kind: 'empty' } : later(BEHIND_MS)
  }
  shift.linger.end()
  const room = await roomOf(webhook, shift.turns, ready.flat().length)
  if ('nextAt' in room) return { kind: 'later', notBefore: room.nextAt }
  const chains = inTurn(ready, room.count)
  const all = chains.flat()
  const events = await deps.events.load(tenantId, [...new Set(all.map(({ eventId }) => eventId))])
  if ((await withEvents(deps, tenantId, all, events)).length < all.length) return later(SOON_MS)
  const since = found.due[0]?.nextAttemptAt ?? new Date()
  const claim = (ready: Delivery[], token: string) => deps.deliveries.claimInLine(tenantId, ready, token, since)
  return { webhook, chains, ...(await begin(deps, shift, webhook, all, events, claim)), ...(pace && { pace }), ...(room.limit && { limit: room.limit }) }
}

/** Of a webhook that takes none now: held; parked where it is disabled, cancelled where it is gone; page by page. A suspended one is probed. */
async function emptyOut(deps: ActivityDeps, shift: Shift, webhook: OpenWebhook | undefined): Promise<Outlook> {
  const { tenantId, webhookId } = shift
  delete shift.known
  shift.linger.end()
  deps.lanes.clear(webhookId)
  const ids = await deps.queue.some(tenantId, webhookId, EMPTIED_AT_ONCE)
  if (webhook?.status === 'disabled') await park(deps, shift, webhook, ids, WEBHOOK_DISABLED)
  else if (webhook) await deps.deliveries.hold(tenantId, ids)
  else await deps.deliveries.cancel(tenantId, { ids, from: [...UNDER_WAY] })
  if (ids.length === EMPTIED_AT_ONCE) return later(SOON_MS)
  const isProbed = webhook?.status === 'suspended' && !webhook.secretsLost
  return isProbed ? { kind: 'later', notBefore: await probe(deps, webhook, shift) } : { kind: 'empty' }
}

const claimQueued =
  ({ deliveries }: ActivityDeps, { tenantId }: Shift) =>
  (ready: Delivery[], token: string): Promise<Claim[]> =>
    deliveries.claimQueued(tenantId, ready, token)

/** Writes down the POSTs that are about to be made; parks what the webhook's policy allows no more of. */
async function begin(deps: ActivityDeps, shift: Shift, webhook: OpenWebhook, due: Delivery[], events: HeraldEvent[], claim = claimQueued(deps, shift)): Promise<Pick<Page, 'tasks' | 'token'>> {
  const { tenantId } = shift
  const isLeft = (delivery: Delivery): boolean => postsInRound(delivery) < webhook.retry.maximumAttempts
  const usedUp = due.filter((delivery) => !isLeft(delivery)).map(({ id }) => id)
  await park(deps, shift, webhook, usedUp)
  const ready = due.filter(isLeft)
  const token = newToken()
  const claiming = claim(ready, token)
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
