import { postsInRound } from '../src/domain/delivery'
import { backoffMs } from '../src/domain/retry-policy'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { isStoreAway } from '../src/store/errors'
import { parkUsedUp } from './care'
import type { ActivityDeps } from './deps'
import type { Posted } from './post-all'
import { storeAway, type Outlook, type Page, type Shift } from './queue-shift'
import { loadStanding } from './standing'
import { BLOCKED_ADDRESS, WEBHOOK_DISABLED } from './types'

const RECORD_WAIT_MS = 10_000

/** A run before this one was cut off: its POSTs count, with an answer or without one. */
export async function recover(deps: ActivityDeps, shift: Shift): Promise<Outlook | undefined> {
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

/** False when MongoDB has not yet taken what became of them: the next run goes on from there. */
export async function settle(deps: ActivityDeps, shift: Shift, page: Page, posted: Posted): Promise<boolean> {
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
export async function putBack(deps: ActivityDeps, shift: Shift, page: Page | Outlook): Promise<void> {
  if ('kind' in page) return
  const notBegun = page.tasks.map(({ claim }) => claim)
  await settle(deps, shift, page, { begun: [], notBegun, tooLate: [], recorded: Promise.resolve() })
}

export async function park(deps: ActivityDeps, shift: Shift, { retry }: OpenWebhook, deliveryIds: string[], failure?: string): Promise<void> {
  if (deliveryIds.length === 0) return
  const { tenantId, webhookId, parked } = shift
  const out = await parkUsedUp(deps, { tenantId, batch: { webhookId, deliveryIds, policy: retry }, failure })
  parked.push(...out)
  const left = deliveryIds.filter((id) => !out.includes(id))
  // Its policy allows more by now.
  if (failure === undefined) await deps.deliveries.postpone(tenantId, left, new Date(Date.now() + retry.initialIntervalMs))
}
