import { activityInfo } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import { GROUP_LIMITS } from '../src/domain/event'
import { batchOf } from './batches'
import { parkUsedUp } from './care'
import type { ActivityDeps } from './deps'
import { loadStanding } from './standing'
import type { Activities } from './types'

type Queue = Pick<Activities, 'takeFromQueue' | 'settleTaken'>

/** What waits for its webhook, taken out page by page. */
export function createQueue(deps: ActivityDeps): Queue {
  const { deliveries, webhooks, queue } = deps
  const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

  const takeFromQueue: Activities['takeFromQueue'] = async ({ tenantId, webhookId, mostHeld }) => {
    const webhook = await webhooks.get(tenantId, webhookId)
    if (webhook?.status !== 'active') {
      if (webhook) await deliveries.holdWaiting(tenantId, webhookId)
      else await deliveries.cancel(tenantId, { webhookId })
      deps.lanes.clear(webhookId)
      return { kind: 'empty' }
    }
    // A page that was taken and not settled goes before: a process ended in between.
    let released = false
    let taken = await queue.taken(tenantId, webhookId, GROUP_LIMITS.events)
    if (taken.length === 0) {
      const { due, nextAt } = await queue.due(tenantId, webhookId, new Date(), GROUP_LIMITS.events)
      if (due.length === 0 && nextAt) return { kind: 'later', notBefore: nextAt.getTime() }
      released = due[0]?.status === 'held'
      const page = due.filter(({ status }) => (status === 'held') === released).slice(0, released ? mostHeld : undefined)
      await deliveries.dequeue(tenantId, page.map(({ id }) => id), ownWorkflowId())
      taken = await queue.taken(tenantId, webhookId, GROUP_LIMITS.events)
    }
    const [first] = taken
    if (!first) {
      deps.lanes.clear(webhookId)
      return { kind: 'empty' }
    }
    deps.lanes.congest(webhookId)
    const batch = { ...batchOf(webhook, alike(first, taken), postsInRound(first)), fromQueue: true }
    return { kind: 'page', batch, released }
  }

  return {
    takeFromQueue,
    settleTaken: async ({ tenantId, batch, failure }) => {
      const parked = await parkUsedUp(deps, { tenantId, batch, failure, ownWorkflowId: ownWorkflowId() })
      const left = (await loadStanding(deps, tenantId, batch.deliveryIds)).filter(
        (delivery) => delivery.queue === 'taken' && UNDER_WAY.includes(delivery.status),
      )
      await deliveries.enqueue(tenantId, left.map(({ id }) => id), ownWorkflowId())
      return { parked, waiting: left.length }
    },
  }
}

/** Those that stand at the same place of the same round, so that one batch carries them. */
const alike = (first: Delivery, all: Delivery[]): Delivery[] =>
  all.filter((delivery) => delivery.round === first.round && postsInRound(delivery) === postsInRound(first))
