import type { Logger } from 'pino'
import { deliverWorkflowId } from '../domain/ids'
import { within } from '../domain/within'
import type { Metrics } from '../metrics'
import type { EventStore } from '../store/events'
import type { WorkflowStarts } from '../temporal/start'
import type { Dispatches } from './dispatches'
import type { Startable, StartWorkflow } from './starter'
import { STARTED_LEASE_MS } from './sweeper'

export interface StartGroupDeps {
  starts: Pick<WorkflowStarts, 'deliver' | 'adopt'>
  /** Writes down what a workflow is about to do while Temporal starts it. */
  ahead: {
    begin: (tenantId: string, eventIds: string[], workflowId: string) => void
    /** The ids of the deliveries that were written for a workflow that did not come. */
    drop: (workflowId: string) => Promise<string[]>
  }
  dispatches: Pick<Dispatches, 'ended'>
  /** Workers of this process make the dispatches. */
  dispatchesHere: boolean
  events: Pick<EventStore, 'markStarted'>
  metrics: Pick<Metrics, 'workflowsStarted' | 'eventsStarted'>
  faults: (point: 'after-start') => void
  logger: Logger
}

/** How long a start waits for its dispatch before the journal is told of it. */
const MARK_AFTER_MS = 1_000

/** Starts the workflow of a group of events. */
export function createStartGroup(deps: StartGroupDeps): StartWorkflow {
  const { starts, ahead, dispatchesHere, metrics, logger } = deps

  /** Written for a workflow id that another run has: one of their own goes on with them. */
  async function adoptAhead(tenantId: string, from: string): Promise<void> {
    const deliveryIds = await ahead.drop(from)
    if (deliveryIds.length > 0) await starts.adopt({ tenantId, from, deliveryIds })
  }

  /** What is dispatched in a moment gets its mark from that. */
  async function mark(tenantId: string, eventIds: string[], workflowId: string, dispatched: Promise<unknown>): Promise<void> {
    if (dispatchesHere && (await within(dispatched, MARK_AFTER_MS))) return
    await deps.events.markStarted(tenantId, eventIds, workflowId, new Date(Date.now() + STARTED_LEASE_MS))
  }

  return async (tenantId: string, group: Startable[]) => {
    const eventIds = group.map(({ id }) => id)
    const expected = deliverWorkflowId(tenantId, eventIds)
    // A single event is in a hurry; with many, the work is what takes the time.
    if (dispatchesHere && group.length === 1) ahead.begin(tenantId, eventIds, expected)
    const { workflowId, isHere } = await starts.deliver(tenantId, group)
    deps.faults('after-start')
    metrics.workflowsStarted.inc()
    metrics.eventsStarted.inc(group.length)
    if (workflowId !== expected) await adoptAhead(tenantId, expected)
    // Another process may dispatch it, to which what is written here would be an attempt without an outcome.
    else if (!isHere) await ahead.drop(workflowId)
    const dispatched = dispatchesHere ? deps.dispatches.ended(workflowId) : Promise.resolve()
    mark(tenantId, eventIds, workflowId, dispatched).catch((error: unknown) =>
      logger.warn({ err: error, workflowId }, 'a start is not marked: the sweeper will find it'),
    )
    return { workflowId, dispatched }
  }
}
