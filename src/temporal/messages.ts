import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import { cancel, handedOn, released, retry } from '../../workflows/messages'

/** `gone`: no such workflow runs, so that its deliveries need another one. */
export type Told = 'told' | 'gone'

export interface WorkflowMessages {
  retry: (workflowId: string, deliveryIds: string[], round: number) => Promise<Told>
  cancel: (workflowId: string, deliveryIds: string[]) => Promise<Told>
  /** A release has taken them over. */
  released: (workflowId: string, deliveryIds: string[]) => Promise<Told>
  /** They are in their webhook's queue now, or given up: no round of the workflow is theirs any more. */
  handedOn: (workflowId: string, deliveryIds: string[]) => Promise<Told>
  isRunning: (workflowId: string) => Promise<boolean>
  /** Ids of this queue's workflows that ended other than by completing, since `since`. */
  endedBadly: (since: Date) => AsyncIterable<string>
}

const DEADLINE_MS = 5_000

export function createWorkflowMessages(client: Client, taskQueue: string): WorkflowMessages {
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + DEADLINE_MS, call)

  async function tell(send: () => Promise<void>): Promise<Told> {
    try {
      await inTime(send)
      return 'told'
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'gone'
      throw error
    }
  }

  async function* endedBadly(since: Date): AsyncIterable<string> {
    // The reconciler starts those of queues and releases by what waits there.
    const query = `WorkflowType NOT IN ("drainWebhook", "releaseDeliveries") AND TaskQueue = "${taskQueue}" AND ExecutionStatus IN ("Terminated", "Failed", "TimedOut", "Canceled") AND CloseTime > "${since.toISOString()}"`
    for await (const { workflowId } of client.workflow.list({ query })) yield workflowId
  }

  return {
    endedBadly,
    retry: (workflowId, deliveryIds, round) =>
      tell(() => client.workflow.getHandle(workflowId).signal(retry, { deliveryIds, round })),
    cancel: (workflowId, deliveryIds) =>
      tell(() => client.workflow.getHandle(workflowId).signal(cancel, { deliveryIds })),
    released: (workflowId, deliveryIds) =>
      tell(() => client.workflow.getHandle(workflowId).signal(released, { deliveryIds })),
    handedOn: (workflowId, deliveryIds) =>
      tell(() => client.workflow.getHandle(workflowId).signal(handedOn, { deliveryIds })),
    isRunning: async (workflowId) => {
      try {
        const { status } = await inTime(() => client.workflow.getHandle(workflowId).describe())
        return status.name === 'RUNNING'
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false
        throw error
      }
    },
  }
}
