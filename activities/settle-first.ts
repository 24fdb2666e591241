import { DISPATCH_BOUND_MS } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { isStoreAway } from '../src/store/errors'
import type { ActivityDeps } from './deps'
import type { Posted } from './post-all'

/** Of `dispatch`. */
export interface Run {
  tenantId: string
  workflowId: string
  token: string
  begun: number
}

/** Answers the ids of what is delivered, and known to be so in MongoDB too. */
export async function settle(deps: ActivityDeps, run: Run, posted: Posted[]): Promise<Set<string>> {
  const settled = await Promise.all(posted.map((some) => settleSome(deps, run, some)))
  return new Set(settled.flat())
}

async function settleSome(deps: ActivityDeps, run: Run, { begun, notBegun, tooLate, recorded }: Posted): Promise<string[]> {
  const givenBack = deps.recorder.giveBack(run.tenantId, [...notBegun, ...tooLate].map(({ deliveryId: id }) => id), run.token)
  if (!(await within(Promise.all([recorded, givenBack]), run.begun + DISPATCH_BOUND_MS - Date.now()))) return []
  return begun.filter(({ exchange }) => exchange.outcome.kind === 'delivered').map(({ deliveryId: id }) => id)
}

/**
 * In a storm of failures what has failed goes on in its webhook's queue: by way of the other lane it would come
 * there too, for three tasks of Temporal more. False where that has something to see to.
 */
export async function enqueueInStorm(deps: ActivityDeps, { tenantId, workflowId }: Run, webhook: OpenWebhook, ids: string[], posted: Posted[]): Promise<boolean> {
  if (!deps.lanes.isCongested(webhook.id)) return false
  const begun = posted.flatMap((some) => some.begun)
  const failed = new Set(begun.filter(({ exchange, nextAttemptAt }) => exchange.outcome.kind === 'failed' && nextAttemptAt).map(({ deliveryId }) => deliveryId))
  // What is not on record yet would be written over what is here.
  if (!ids.every((id) => failed.has(id)) || !(await within(Promise.all(posted.map(({ recorded }) => recorded)), 1))) return false
  try {
    const count = await deps.deliveries.enqueueFailed(tenantId, ids, workflowId)
    if (count > 0) deps.wakeQueue(tenantId, webhook.id)
    return count === ids.length
  } catch (error) {
    if (isStoreAway(error)) return false
    throw error
  }
}
