import { continueAsNew, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow'
import { postEvents, releaseHeld } from './activities'
import { adoptDeliveries } from './deliver'

export interface ResumeInput {
  tenantId: string
  webhookId: string
}

/**
 * Releases what a webhook held, oldest first, page by page: the job makes each first POST itself, and
 * what fails goes on in a workflow of its own while the next page is released.
 */
export async function resumeWebhook({ tenantId, webhookId }: ResumeInput): Promise<void> {
  const { workflowId, runId } = workflowInfo()
  for (let pageNumber = 1; ; pageNumber += 1) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof resumeWebhook>({ tenantId, webhookId })
    const batch = await releaseHeld({ tenantId, webhookId })
    if (!batch) return
    const { deliveryIds } = batch
    const once = { ...batch, inOrder: true, policy: { ...batch.policy, maximumAttempts: batch.base + 1 } }
    const result = await postEvents(tenantId, once).catch(() => undefined)
    if (result?.kind === 'done') continue
    await startChild(adoptDeliveries, {
      workflowId: `adopt/${tenantId}/${deliveryIds[0]}+${runId}.${pageNumber}`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ tenantId, deliveryIds, from: workflowId }],
    })
  }
}
