import { ApplicationFailure } from '@temporalio/activity'
import type { Delivery } from '../src/domain/delivery'
import { backoffMs } from '../src/domain/retry-policy'
import type { OpenWebhook } from '../src/domain/webhook'
import { BLOCKED_ADDRESS, POSTS_FAILED, WEBHOOK_DISABLED, type Batch } from './types'

/** Records round the next attempt's time up; what is longer was asked for by the receiver. */
const ROUNDING_MS = 500

/** What the attempt of a batch throws while `open` is undelivered. No retry helps against an address that Herald will not call. */
export const failureOf = (batch: Batch, target: number, open: Delivery[], webhook: OpenWebhook): ApplicationFailure =>
  open.every(({ lastOutcome }) => lastOutcome?.kind === 'blocked') ? blocked(open, webhook) : again(batch, target, open)

/** What the UI shows of a failed attempt; a receiver that asked for more time gets it. */
function again(batch: Batch, target: number, open: Delivery[]): ApplicationFailure {
  const [worst] = open
  const last = worst?.lastOutcome
  const what = last ? (last.detail ?? last.kind) : 'outcome unknown'
  const notBefore = Math.max(...open.map(({ nextAttemptAt }) => nextAttemptAt?.getTime() ?? 0))
  const asked = notBefore - Date.now()
  return expected(ApplicationFailure.create({
    type: POSTS_FAILED,
    message: `attempt ${target} of ${batch.policy.maximumAttempts}: ${open.length} of ${batch.deliveryIds.length} undelivered, ${what}`,
    ...(asked > backoffMs(batch.policy, target) + ROUNDING_MS && { nextRetryDelay: asked }),
  }))
}

export const disabled = (webhook: OpenWebhook): ApplicationFailure =>
  expected(ApplicationFailure.nonRetryable(`webhook ${webhook.id} is disabled: resume it, then retry`, WEBHOOK_DISABLED))

function blocked([first]: Delivery[], webhook: OpenWebhook): ApplicationFailure {
  const why = first?.lastOutcome?.detail ?? 'its address may not be called'
  return expected(ApplicationFailure.nonRetryable(`webhook ${webhook.id}: ${why}`, BLOCKED_ADDRESS))
}

/** The receiver's doing, not a bug of ours: a stack would only fill the history. */
function expected(failure: ApplicationFailure): ApplicationFailure {
  delete failure.stack
  return failure
}
