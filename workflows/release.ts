import { condition, continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/types'
import { retriesQueue } from '../src/domain/task-queues'
import { wake } from './messages'

export interface ReleaseInput {
  tenantId: string
  releaseId: string
}

/** Moves the deliveries of a release page by page at its pace; its record says how far it has come, and whether it may go on. */
export async function releaseDeliveries({ tenantId, releaseId }: ReleaseInput): Promise<void> {
  let woken = false
  setHandler(wake, () => void (woken = true))

  const { releasePage } = proxyActivities<Activities>({
    taskQueue: retriesQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '5m',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  })

  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof releaseDeliveries>({ tenantId, releaseId })
    woken = false
    const step = await releasePage({ tenantId, releaseId })
    if (step.kind === 'ended') return
    await condition(() => woken, Math.max(1, step.until - Date.now()))
  }
}
