import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow'
import type { Activities, Batch, PostEventsResult } from '../activities/types'
import { DISPATCH_BOUND_MS } from '../src/domain/lanes'
import { remaining, type RetryPolicy } from '../src/domain/retry-policy'
import { retriesQueue } from '../src/domain/task-queues'

/** Short steps run in the worker that runs the workflow: no queue hop, no Temporal call of their own. */
export const { journal, dispatch, park, openRound, cancelParked, steer, expire, adopt } =
  proxyLocalActivities<Activities>({
    startToCloseTimeout: DISPATCH_BOUND_MS + 5_000,
    localRetryThreshold: '10s',
    retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '10s' },
  })

const toTemporal = (policy: RetryPolicy) => ({
  maximumAttempts: policy.maximumAttempts,
  initialInterval: policy.initialIntervalMs,
  backoffCoefficient: policy.backoffCoefficient,
  maximumInterval: policy.maximumIntervalMs,
})

/** The attempts of a batch: a regular activity, so that Temporal paces them and its UI counts them. */
export function postEvents(tenantId: string, batch: Batch): Promise<PostEventsResult> {
  const { deliveryIds, webhookId, base, policy, priority } = batch
  const count = deliveryIds.length === 1 ? deliveryIds[0] : `${deliveryIds.length} deliveries`
  const { postEvents: post } = proxyActivities<Activities>({
    taskQueue: retriesQueue(workflowInfo().taskQueue),
    summary: `POST ${base + 1} to ${policy.maximumAttempts} of ${count} to ${webhookId}`,
    startToCloseTimeout: batch.startToCloseMs,
    heartbeatTimeout: '10s',
    // However many deliveries of one webhook wait, those of the others are not behind them.
    priority: { priorityKey: priority, fairnessKey: webhookId },
    retry: toTemporal(remaining(policy, base)),
  })
  return post({ tenantId, batch })
}
