import { activityInfo } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import { GROUP_LIMITS } from '../src/domain/event'
import { batchOf } from './batches'
import { parkUsedUp } from './care'
import type { ActivityDeps } from './deps'
import { loadStanding } from './standing'
import type { Activities, QueuePage } from './types'

type Queue = Pick<Activities, 'takeFromQueue' | 'settleTaken'>

/** What waits for its webhook, taken out page by page. */
export function createQueue(deps: ActivityDeps): Queue {
  const { deliveries, webhooks, queue } = deps
  const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

  const takeFromQueue: Activities['takeFromQueue'] = async ({ tenantId, webhookId, mostHeld }) => {
    const webhook = await webhooks.get(tenantId, webhookId)
    if (webhook?.status !== 'active') {
      deps.lanes.clear(webhookId)
      return emptyOut(tenantId, webhookId, webhook !== undefined)
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
      // Cancelled in between, all of them: there may be more behind them.
      if (due.length > 0 && taken.length === 0) return soon()
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

  /** Of a webhook that takes none now: held where it is paused, cancelled where it is gone; page by page. */
  async function emptyOut(tenantId: string, webhookId: string, exists: boolean): Promise<QueuePage> {
    const ids = await queue.some(tenantId, webhookId, EMPTIED_AT_ONCE)
    if (exists) await deliveries.hold(tenantId, ids)
    else await deliveries.cancel(tenantId, { ids, from: [...UNDER_WAY] })
    return ids.length === EMPTIED_AT_ONCE ? soon() : { kind: 'empty' }
  }

  return {
    takeFromQueue,
    settleTaken: async ({ tenantId, batch, failure }) => {
      const own = ownWorkflowId()
      if (!(await deps.recorder.settled(batch.deliveryIds, RECORD_WAIT_MS))) throw new Error('MongoDB has not yet taken what became of the page')
      await parkUsedUp(deps, { tenantId, batch, failure, ownWorkflowId: own })
      const standing = (await loadStanding(deps, tenantId, batch.deliveryIds)).filter(({ workflowId }) => workflowId === own)
      const left = standing.filter(({ queue: at, status }) => at === 'taken' && UNDER_WAY.includes(status))
      await deliveries.enqueue(tenantId, left.map(({ id }) => id), own)
      // Also what an earlier run of this step has parked.
      return { parked: standing.filter(({ status }) => status === 'parked').map(({ id }) => id), waiting: left.length }
    },
  }
}

const EMPTIED_AT_ONCE = 1_000
const RECORD_WAIT_MS = 5_000
const SOON_MS = 1_000

const soon = (): QueuePage => ({ kind: 'later', notBefore: Date.now() + SOON_MS })

/** Those that stand at the same place of the same round, so that one batch carries them. */
const alike = (first: Delivery, all: Delivery[]): Delivery[] =>
  all.filter((delivery) => delivery.round === first.round && postsInRound(delivery) === postsInRound(first))
