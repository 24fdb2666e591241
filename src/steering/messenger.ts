import type { Delivery } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { isDrainWorkflowId } from '../domain/ids'
import type { Metrics } from '../metrics'
import type { DeliveryStore } from '../store/deliveries'
import type { Told, WorkflowMessages } from '../temporal/messages'
import type { WorkflowStarts } from '../temporal/start'

export interface Messenger {
  /** Tells workflows what the records of their deliveries say was asked for; one that is gone is replaced. */
  tell: (tenantId: string, deliveries: Delivery[]) => Promise<void>
  /** Starts a workflow that takes these deliveries over from one that is gone. */
  adopt: (tenantId: string, from: string, deliveries: Pick<Delivery, 'id'>[]) => Promise<void>
}

export interface MessengerDeps {
  deliveries: DeliveryStore
  messages: WorkflowMessages
  starts: Pick<WorkflowStarts, 'adopt'>
  metrics: Metrics
}

/** Signals under way. */
const AT_ONCE = 16

export function createMessenger({ deliveries, messages, starts, metrics }: MessengerDeps): Messenger {
  async function adopt(tenantId: string, from: string, lost: Pick<Delivery, 'id'>[]): Promise<void> {
    await starts.adopt({ tenantId, from, deliveryIds: lost.map(({ id }) => id).toSorted() })
    metrics.adopted.inc(lost.length)
  }

  /** The workflow of a queue parks what is used up, and has nothing to do with it after that. */
  async function send(workflowId: string, action: NonNullable<Delivery['untold']>, ids: string[], round: number): Promise<Told> {
    if (isDrainWorkflowId(workflowId)) return 'gone'
    return action === 'retry' ? messages.retry(workflowId, ids, round) : messages[action](workflowId, ids)
  }

  async function tellOne(tenantId: string, alike: [Delivery, ...Delivery[]]): Promise<void> {
    const [{ workflowId, untold: action, round }] = alike
    if (!action) return
    const ids = alike.map(({ id }) => id)
    const answer = await send(workflowId, action, ids, round)
    if (answer === 'gone' && action === 'retry') await adopt(tenantId, workflowId, alike)
    if (action === 'retry') await deliveries.told(tenantId, ids, { action, round })
  }

  return {
    adopt,
    tell: async (tenantId, untold) => {
      const alike = groupBy(untold, ({ workflowId, untold: action, round }) => [workflowId, action, round].join('/'))
      const groups = alike.values()
      const runner = async (): Promise<void> => {
        for (const group of groups) await tellOne(tenantId, group)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, runner))
      // Of these, the round says nothing.
      for (const action of ['cancel', 'released', 'handedOn'] as const) {
        const ids = untold.filter((delivery) => delivery.untold === action).map(({ id }) => id)
        if (ids.length > 0) await deliveries.told(tenantId, ids, { action })
      }
    },
  }
}
