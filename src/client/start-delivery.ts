import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type Client } from '@temporalio/client'
import { ApplicationFailure, TypedSearchAttributes, WorkflowIdReusePolicy } from '@temporalio/common'
import { BUILT_IN_EVENT_TYPES, type EventType } from '../domain/event-types'
import { deliverWorkflowId, newId } from '../domain/ids'
import { DEFAULT_TASK_QUEUE } from '../domain/task-queues'
import { DEFAULT_TENANT } from '../domain/tenant'
import { priorityOf } from '../domain/timing'
import { HeraldEventIds, HeraldEventTypes, HeraldTenant } from '../temporal/search-attributes'
import { checkEvent } from './check-event'
import { DELIVER_EVENT, EVENT_CONFLICT, INVALID_EVENT, type DeliverEventInput, type DeliverEventWorkflow } from './contract'

export interface EventToDeliver {
  /** The caller's own id makes a repeated start harmless; without one, every start is a new event. */
  id?: string
  /** Name or Event ID. */
  type: string | number
  /** `data.id` is the entity's ID. */
  data: { id: string; [field: string]: unknown }
  /** Not delivered before: RFC 3339 with a zone, at most 366 days ahead. */
  deliverAt?: string
  /** Not attempted after: RFC 3339 with a zone. When it has passed, the deliveries are `expired`. */
  expireAt?: string
  /** 1 (most urgent) to 5; when not given, that of the type. */
  priority?: number
  /** Ordered webhooks get events with the same one in order; `data.id` when not given. */
  orderingKey?: string
}

export interface StartDeliveryOptions {
  event: EventToDeliver
  /** `default` when not given. */
  tenantId?: string
  /** Herald's HERALD_TASK_QUEUE, `herald` when not given. */
  taskQueue?: string
}

export interface StartedDelivery {
  eventId: string
  workflowId: string
  /** A workflow has this event already; nothing was started. */
  repeated: boolean
}

/**
 * Starts the delivery of an event to every webhook that asked for it, and comes back as soon as
 * Temporal has it. Safe to call again with the same event id.
 * @throws {InvalidEventError} for what Herald would refuse; what only Herald can know fails the workflow.
 */
export async function startDelivery(client: Client, options: StartDeliveryOptions): Promise<StartedDelivery> {
  const { tenantId = DEFAULT_TENANT, taskQueue = DEFAULT_TASK_QUEUE } = options
  const event = { ...options.event, id: options.event.id ?? newId('event') }
  checkEvent(tenantId, event)
  const workflowId = deliverWorkflowId(tenantId, [event.id])
  const start = (reuse: WorkflowIdReusePolicy): Promise<boolean> =>
    startOnce(client, workflowId, taskQueue, { tenantId, event }, reuse)

  const started =
    (await start(WorkflowIdReusePolicy.REJECT_DUPLICATE)) ||
    // A run that was refused has published nothing: the mended event may have its id.
    ((await wasRefused(client, workflowId)) && (await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)))
  return { eventId: event.id, workflowId, repeated: !started }
}

/** False: there is a workflow with this id. */
async function startOnce(
  client: Client,
  workflowId: string,
  taskQueue: string,
  input: Required<DeliverEventInput>,
  workflowIdReusePolicy: WorkflowIdReusePolicy,
): Promise<boolean> {
  const { tenantId, event } = input
  const type = builtIn(event.type)?.name ?? String(event.type)
  const priorityKey = priorityOf({ typeId: builtIn(event.type)?.id ?? 0, priority: event.priority })
  try {
    await client.workflow.start<DeliverEventWorkflow>(DELIVER_EVENT, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdReusePolicy,
      priority: { priorityKey, fairnessKey: tenantId },
      staticSummary: `${type} ${event.id} for ${tenantId}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: HeraldTenant, value: tenantId },
        { key: HeraldEventIds, value: [event.id] },
        { key: HeraldEventTypes, value: [type] },
      ]),
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}

/** Only Herald knows the registered types. */
const builtIn = (type: string | number): EventType | undefined =>
  BUILT_IN_EVENT_TYPES.find(({ id, name }) => id === type || name === type)

async function wasRefused(client: Client, workflowId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId)
  const { status } = await handle.describe()
  if (status.name !== 'FAILED') return false
  const failure = await handle.result().then(() => undefined, (error: unknown) => error)
  const cause = failure instanceof WorkflowFailedError ? failure.cause : undefined
  return cause instanceof ApplicationFailure && [INVALID_EVENT, EVENT_CONFLICT].includes(cause.type ?? '')
}
