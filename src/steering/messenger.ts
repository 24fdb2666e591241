import type { Delivery } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { isDrainWorkflowId } from '../domain/ids'
import type { Metrics } from '../metrics'
import type { DeliveryStore } from '../store/deliveries'
import type { Told, WorkflowMessages } from '../temporal/messages'
import type { WorkflowStarts } from '../temporal/start'

export interface Messenger {
  /** Tells a workflow what its records say was asked for; one that is gone is replaced. */
  tell: (tenantId: string, workflowId: string, deliveries: Delivery[]) => Promise<void>
  /** Starts a workflow that takes these deliveries over from one that is gone. */
  adopt: (tenantId: string, from: string, deliveries: Pick<Delivery, 'id'>[]) => Promise<void>
}

export interface MessengerDeps {
  deliveries: DeliveryStore
  messages: WorkflowMessages
  starts: Pick<WorkflowStarts, 'adopt'>
  metrics: Metrics
}

export function createMessenger({ deliveries, messages, starts, metrics }: MessengerDeps): Messenger {
  async function adopt(tenantId: string, from: string, lost: Pick<Delivery, 'id'>[]): Promise<void> {
    await starts.adopt({ tenantId, from, deliveryIds: lost.map(({ id }) => id).toSorted() })
    metrics.adopted.inc(lost.length)
  }

  /** The workflow of a queue parks what is used up, and has nothing to do with it after that. */
  async function send(workflowId: string, what: Delivery['untold'], ids: string[], round: number): Promise<Told> {
    if (isDrainWorkflowId(workflowId)) return 'gone'
    return what === 'cancel' ? messages.cancel(workflowId, ids) : messages.retry(workflowId, ids, round)
  }

  return {
    adopt,
    tell: async (tenantId, workflowId, untold) => {
      for (const alike of groupBy(untold, ({ untold: what, round }) => `${what}/${round}`).values()) {
        const [{ untold: what, round }] = alike
        const ids = alike.map(({ id }) => id)
        const answer = await send(workflowId, what, ids, round)
        if (answer === 'gone' && what === 'retry') await adopt(tenantId, workflowId, alike)
        if (what) await deliveries.told(tenantId, ids, { action: what, round })
      }
    },
  }
}
