import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { WorkflowStarts } from '../temporal/start'
import type { QueueRuns } from './queue-runs'

/** Has a webhook's queue worked off, by a run of this process that is at it or by a workflow; called at every delivery that goes there. */
export type WakeQueue = (tenantId: string, webhookId: string) => void

/** At most so often for one webhook: at once for the first, and once more after the last. */
const EVERY_MS = 2_000

interface State {
  again: boolean
}

/** What is not woken for want of Temporal, or because this process ends, is by the reconciler. */
export function createQueueWaker(starts: Pick<WorkflowStarts, 'drain'>, runs: Pick<QueueRuns, 'wake'>, logger: Logger): WakeQueue {
  const states = new LRUCache<string, State>({ max: 100_000 })

  function wake(tenantId: string, webhookId: string): void {
    const state: State = { again: false }
    states.set(webhookId, state)
    starts.drain({ tenantId, webhookId }).catch((error: unknown) => {
      logger.warn({ err: error, tenantId, webhookId }, 'the queue of a webhook was not woken: the reconciler will')
    })
    const timer = setTimeout(() => {
      states.delete(webhookId)
      if (state.again) wake(tenantId, webhookId)
    }, EVERY_MS)
    timer.unref()
  }

  return (tenantId, webhookId) => {
    if (runs.wake(webhookId)) return
    const state = states.get(webhookId)
    if (state) state.again = true
    else wake(tenantId, webhookId)
  }
}
