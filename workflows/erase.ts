import { condition, continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/types'
import { retriesQueue } from '../src/domain/task-queues'
import { wake } from './messages'

export interface EraseInput {
  tenantId: string
  erasureId: string
}

/** Erases what there is of an entity page by page; its record says how far it has come. */
export async function eraseEntity({ tenantId, erasureId }: EraseInput): Promise<void> {
  let woken = false
  setHandler(wake, () => void (woken = true))

  const { erasePage } = proxyActivities<Activities>({
    taskQueue: retriesQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '5m',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  })

  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof eraseEntity>({ tenantId, erasureId })
    woken = false
    const step = await erasePage({ tenantId, erasureId })
    if (step.kind === 'ended') return
    await condition(() => woken, Math.max(1, step.until - Date.now()))
  }
}
