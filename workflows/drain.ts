import { condition, continueAsNew, ParentClosePolicy, proxyActivities, setHandler, startChild, workflowInfo } from '@temporalio/workflow'
import type { Activities, QueueWork } from '../activities/types'
import { retriesQueue } from '../src/domain/task-queues'
import { adoptDeliveries } from './deliver'
import { wake } from './messages'

export interface DrainInput {
  tenantId: string
  webhookId: string
}

/** Whatever comes before wakes the workflow. */
const LONGEST_WAIT_MS = 3_600_000

/**
 * Works off what waits for a webhook. However much that is, it is one workflow and one activity at a
 * time; what is used up there is parked in a workflow of its own.
 */
export async function drainWebhook({ tenantId, webhookId }: DrainInput): Promise<void> {
  let woken = false
  setHandler(wake, () => void (woken = true))

  const { workQueue } = proxyActivities<Activities>({
    taskQueue: retriesQueue(workflowInfo().taskQueue),
    summary: `queue of ${webhookId}`,
    // A shift, the last page's slowest answer, and time to record it.
    startToCloseTimeout: '5m',
    heartbeatTimeout: '15s',
    // However much waits for one webhook, the others are not behind it.
    priority: { fairnessKey: webhookId },
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  })

  let unsettled = true
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof drainWebhook>({ tenantId, webhookId })
    woken = false
    const work: QueueWork = await workQueue({ tenantId, webhookId, unsettled })
    unsettled = work.kind === 'later' && work.unsettled === true
    if (work.parked.length > 0) await handOver(tenantId, work.parked)
    // What comes meanwhile may be due before.
    if (work.kind === 'later') await condition(() => woken, Math.min(LONGEST_WAIT_MS, Math.max(1, work.notBefore - Date.now())))
    if (work.kind === 'empty' && !woken) return
  }
}

async function handOver(tenantId: string, deliveryIds: string[]): Promise<void> {
  const { workflowId, runId, historyLength } = workflowInfo()
  await startChild(adoptDeliveries, {
    workflowId: `adopt/${tenantId}/${deliveryIds[0]}+${runId}.${historyLength}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [{ tenantId, deliveryIds, from: workflowId }],
  })
}
