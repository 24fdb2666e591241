import type { Logger } from 'pino'
import type { Delivery } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { isDrainWorkflowId } from '../domain/ids'
import type { DeliveryStore } from '../store/deliveries'
import type { QueueStore } from '../store/queue'
import type { OverdueStore } from '../store/overdue'
import type { HealthStore } from '../store/health'
import type { ErasureStore } from '../store/erasures'
import type { ReleaseStore } from '../store/releases'
import type { WebhookStore } from '../store/webhooks'
import type { WorkflowMessages } from '../temporal/messages'
import type { WorkflowStarts } from '../temporal/start'
import { cancelRemoved } from './cancel-removed'
import type { Messenger } from './messenger'
import type { QueueRuns } from './queue-runs'
import type { Releasing } from './releasing'
import type { Retime } from './retiming'

export interface ReconcilerDeps {
  overdue: OverdueStore
  queue: QueueStore
  webhooks: Pick<WebhookStore, 'get' | 'uncancelled' | 'markCancelled' | 'toRetime' | 'retimed'>
  deliveries: Pick<DeliveryStore, 'cancel'>
  messages: WorkflowMessages
  messenger: Messenger
  releases: Pick<ReleaseStore, 'open'>
  erasures: Pick<ErasureStore, 'open'>
  health: Pick<HealthStore, 'toProbe'>
  releasing: Pick<Releasing, 'resumeHeld'>
  starts: Pick<WorkflowStarts, 'drain' | 'release' | 'erase'>
  queueRuns: Pick<QueueRuns, 'has'>
  retime: Retime
  logger: Logger
  /** How long past its time a delivery under way is left alone. */
  patienceMs: number
}

export interface Reconciler {
  /** One look at everything that may be stuck; safe to run in several processes at once. */
  reconcile: () => Promise<void>
}

const PAGE = 200
const UNTOLD_AFTER_MS = 5_000
/** Visibility may lag, and a process may have been away. */
const OVERLAP_MS = 120_000
const FIRST_LOOK_BACK_MS = 3_600_000

/** Nothing stays stuck: gives every unfinished delivery a workflow that runs. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { overdue, messages, messenger } = deps
  let lookedAt = Date.now() - FIRST_LOOK_BACK_MS
  let parkedCursor = ''

  /** Adopts those whose workflow does not run; answers the others. */
  async function adoptLost(deliveries: Delivery[]): Promise<Delivery[]> {
    const cared: Delivery[] = []
    for (const [workflowId, group] of groupBy(deliveries, (delivery) => delivery.workflowId)) {
      const [{ tenantId }] = group
      // The workflow of a queue looks after the queue alone.
      if (!isDrainWorkflowId(workflowId) && (await messages.isRunning(workflowId))) cared.push(...group)
      else await messenger.adopt(tenantId, workflowId, group)
    }
    return cared
  }

  async function repeatMessages(): Promise<void> {
    const untold = await overdue.untold(new Date(Date.now() - UNTOLD_AFTER_MS), PAGE)
    for (const [tenantId, group] of groupBy(untold, (delivery) => delivery.tenantId)) await messenger.tell(tenantId, group)
  }

  /** Terminated, failed or timed out: visible at once, whatever their deliveries waited for. */
  async function adoptEnded(): Promise<void> {
    const since = new Date(lookedAt - OVERLAP_MS)
    const now = Date.now()
    for await (const workflowId of messages.endedBadly(since)) {
      await adoptLost(await overdue.inCareOf(workflowId, 1_000))
    }
    lookedAt = now
  }

  async function adoptStuck(): Promise<void> {
    const stuck = await overdue.stuck(new Date(Date.now() - deps.patienceMs), PAGE)
    const cared = await adoptLost(stuck)
    await remind(cared)
    await overdue.touch(cared.map(({ id }) => id))
  }

  /** A workflow that runs may have forgotten one: what it does not know, it takes up again. */
  async function remind(cared: Delivery[]): Promise<void> {
    for (const alike of groupBy(cared, ({ workflowId, round }) => `${workflowId}/${round}`).values()) {
      const [{ workflowId, round }] = alike
      await messages.retry(workflowId, alike.map(({ id }) => id), round)
    }
  }

  /** A few parked ones at every look: so that a workflow lost without a trace is noticed too. */
  async function adoptParked(): Promise<void> {
    const parked = await overdue.parkedAfter(parkedCursor, PAGE)
    parkedCursor = parked.length === PAGE ? (parked.at(-1)?.id ?? '') : ''
    await adoptLost(parked.filter((delivery) => !isToBeHandedOver(delivery)))
  }

  /** What a queue's run has parked it gathers, and then gives a workflow of its own. */
  const isToBeHandedOver = ({ parkedAt }: Delivery): boolean => (parkedAt?.getTime() ?? 0) > Date.now() - deps.patienceMs

  /**
   * A queue whose workflow did not start or is gone, once it has a turn. One that is being worked off here needs no
   * signal, which costs Temporal a task.
   */
  async function lookAtQueues(): Promise<void> {
    await each(await deps.queue.webhooks(), async ({ tenantId, webhookId, firstAt }) => {
      const needsNone = deps.queueRuns.has(webhookId) || (firstAt !== undefined && firstAt > new Date())
      if (!needsNone) await deps.starts.drain({ tenantId, webhookId })
    })
  }

  /** What was held in the moment of a resume or of a delete; and a suspended webhook that nobody probes. */
  async function lookAtHeld(): Promise<void> {
    const toProbe = new Set(await deps.health.toProbe(new Date()))
    await each(await deps.queue.holding(), async ({ tenantId, webhookId }) => {
      const webhook = await deps.webhooks.get(tenantId, webhookId)
      if (!webhook) await cancelRemoved(deps, tenantId, webhookId)
      else if (webhook.status === 'active') await deps.releasing.resumeHeld(tenantId, webhookId, webhook.resumedBy)
      else if (webhook.status === 'suspended' && toProbe.has(webhookId)) await deps.starts.drain({ tenantId, webhookId })
    })
  }

  /** A release whose workflow did not start or is gone. */
  async function lookAtReleases(): Promise<void> {
    await each(await deps.releases.open(), ({ tenantId, id }) => deps.starts.release({ tenantId, releaseId: id }))
  }

  /** An erasure whose workflow did not start or is gone. */
  async function lookAtErasures(): Promise<void> {
    await each(await deps.erasures.open(), ({ tenantId, id }) => deps.starts.erase({ tenantId, erasureId: id }))
  }

  /** One that fails keeps nobody from the others. */
  async function each<T extends { tenantId: string; webhookId?: string }>(all: T[], look: (one: T) => Promise<void>): Promise<void> {
    for (const one of all) {
      try {
        await look(one)
      } catch (error) {
        const { tenantId, webhookId } = one
        deps.logger.warn({ err: error, tenantId, webhookId }, 'what waits there could not be looked at: the next look does')
      }
    }
  }

  /** A delete that was interrupted between the webhook and its deliveries. */
  async function finishRemovals(): Promise<void> {
    for (const { tenantId, id } of await deps.webhooks.uncancelled(PAGE)) await cancelRemoved(deps, tenantId, id)
  }

  /** A change of policy whose process ended, and what was in flight at it. */
  async function finishRetiming(): Promise<void> {
    const marked = await deps.webhooks.toRetime(PAGE)
    await each(marked.map(({ id, ...rest }) => ({ ...rest, webhookId: id })), async ({ tenantId, webhookId, until }) => {
      const isLast = until.getTime() <= Date.now()
      await deps.retime(tenantId, webhookId)
      if (isLast) await deps.webhooks.retimed(tenantId, webhookId, until)
    })
  }

  return {
    reconcile: async () => {
      await overdue.expireEvents(new Date())
      await finishRemovals()
      await finishRetiming()
      await repeatMessages()
      await adoptEnded()
      await adoptStuck()
      await adoptParked()
      await lookAtQueues()
      await lookAtHeld()
      await lookAtReleases()
      await lookAtErasures()
    },
  }
}
