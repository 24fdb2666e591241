import { isGrpcServiceError, ServiceError, WorkflowExecutionAlreadyStartedError, type Client, type WorkflowOptions } from '@temporalio/client'
import {
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common'
import type { AdoptInput, DeliverInput } from '../../workflows/deliver'
import type { DrainInput } from '../../workflows/drain'
import type { EraseInput } from '../../workflows/erase'
import { wake } from '../../workflows/messages'
import type { ReleaseInput } from '../../workflows/release'
import { adoptWorkflowId, deliverWorkflowId, drainWorkflowId, eraseWorkflowId, releaseWorkflowId, restartWorkflowId } from '../domain/ids'
import { mostUrgent } from '../domain/timing'
import { fitting, HeraldEventIds, HeraldEventTypes, HeraldTenant, HeraldWebhookIds } from './search-attributes'

interface Startable {
  id: string
  type: string
  typeId: number
  priority?: number
  deliverAt?: Date
}

export interface DeliveryStart {
  /** Also when it was started before. */
  workflowId: string
  /** Its first step is with a worker of this process; else whichever process comes first has it. */
  isHere: boolean
}

export interface WorkflowStarts {
  /** Starts the delivery of events. */
  deliver: (tenantId: string, events: Startable[]) => Promise<DeliveryStart>
  /** The same after the workflow `lost` ended without having dispatched them. */
  redeliver: (tenantId: string, events: Startable[], lost: string) => Promise<string>
  adopt: (input: AdoptInput) => Promise<void>
  /** Has a workflow work off the webhook's queue; one that does is told to look again. */
  drain: (input: DrainInput) => Promise<void>
  /** Has a workflow carry the release out; one that does is told to look again. */
  release: (input: ReleaseInput) => Promise<void>
  /** The same of an erasure. */
  erase: (input: EraseInput) => Promise<void>
}

export interface StartDeps {
  client: Client
  taskQueue: string
  /** A worker of this process shares the client's connection: the first step needs no queue hop. */
  eager: boolean
}

const DEADLINE_MS = 5_000

/** A run that failed, an inline event that was refused for one, delivers nothing. */
const CARRYING = ['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW']

type IdPolicies = Pick<WorkflowOptions, 'workflowIdReusePolicy' | 'workflowIdConflictPolicy'>

const ONCE: IdPolicies = { workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE }

/**
 * For work that the records make safe to repeat. Also where a run of that id has completed: MongoDB may
 * have been restored alone, to a moment before that run.
 */
const AGAIN: IdPolicies = {
  workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
}

export function createWorkflowStarts({ client, taskQueue, eager }: StartDeps): WorkflowStarts {
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + DEADLINE_MS, call)

  async function start(workflowId: string, tenantId: string, events: Startable[], ids: IdPolicies): Promise<DeliveryStart> {
    const eventIds = events.map(({ id }) => id)
    const types = [...new Set(events.map(({ type }) => type))]
    const [first] = events
    const what = events.length === 1 ? `${first?.type} ${first?.id}` : `${events.length} events from ${first?.id}`
    const { eagerlyStarted: isHere } = await client.workflow.start('deliverEvents', {
      workflowId,
      taskQueue,
      args: [{ tenantId, eventIds } satisfies DeliverInput],
      ...ids,
      requestEagerStart: eager,
      priority: { priorityKey: mostUrgent(events), fairnessKey: tenantId },
      staticSummary: `${what} for ${tenantId}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: HeraldTenant, value: tenantId },
        { key: HeraldEventIds, value: fitting(eventIds) },
        { key: HeraldEventTypes, value: fitting(types) },
      ]),
    })
    return { workflowId, isHere }
  }

  /** 'Already started' counts only when that run carries the event; else the event gets its own run. */
  async function startOnce(
    workflowId: string,
    tenantId: string,
    events: Startable[],
    policies: IdPolicies = ONCE,
  ): Promise<DeliveryStart> {
    try {
      return await inTime(() => start(workflowId, tenantId, events, policies))
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      const before = { workflowId, isHere: false }
      const [first] = events
      if (events.length > 1 || !first) return before
      const run = await inTime(() => client.workflow.getHandle(workflowId).describe())
      const names = run.typedSearchAttributes.get(HeraldEventIds)?.includes(first.id)
      // One that ended before the event was due has delivered nothing: somebody published the id again meanwhile.
      const carries = names && !(first.deliverAt && run.closeTime && run.closeTime < first.deliverAt)
      if (carries && CARRYING.includes(run.status.name)) return before
      return startAgain(tenantId, events, workflowId)
    }
  }

  /** In place of a workflow that is gone; its id may be used again, however that one ended. */
  const startAgain = (tenantId: string, events: Startable[], lost: string): Promise<DeliveryStart> =>
    startOnce(restartWorkflowId(tenantId, ids(events), lost), tenantId, events, AGAIN)

  const ids = (events: Startable[]): string[] => events.map(({ id }) => id)

  /** One workflow of the id at a time; one that runs is told to look again. */
  async function startOrWake(
    type: string,
    workflowId: string,
    input: DrainInput | ReleaseInput | EraseInput,
    staticSummary: string,
    about: ConstructorParameters<typeof TypedSearchAttributes>[0],
  ): Promise<void> {
    await inTime(() =>
      client.workflow.signalWithStart(type, {
        workflowId,
        taskQueue,
        args: [input],
        signal: wake,
        signalArgs: [],
        staticSummary,
        typedSearchAttributes: new TypedSearchAttributes(about),
      }),
    )
  }

  return {
    deliver: (tenantId, events) => startOnce(deliverWorkflowId(tenantId, ids(events)), tenantId, events),
    redeliver: async (...lost) => (await startAgain(...lost)).workflowId,
    adopt: async (input) => {
      const { tenantId, deliveryIds, from } = input
      await inTime(() =>
        client.workflow.start('adoptDeliveries', {
          workflowId: adoptWorkflowId(tenantId, deliveryIds, from),
          taskQueue,
          args: [input],
          ...AGAIN,
          staticSummary: `${deliveryIds.length} deliveries of ${tenantId} taken over from ${from}`,
          typedSearchAttributes: new TypedSearchAttributes([{ key: HeraldTenant, value: tenantId }]),
        }),
      )
    },
    drain: (input) => {
      const { tenantId, webhookId } = input
      const about = [
        { key: HeraldTenant, value: tenantId },
        { key: HeraldWebhookIds, value: [webhookId] },
      ]
      return startOrWake('drainWebhook', drainWorkflowId(tenantId, webhookId), input, `what waits for ${webhookId} of ${tenantId}`, about)
    },
    release: (input) => {
      const { tenantId, releaseId } = input
      const about = [{ key: HeraldTenant, value: tenantId }]
      return startOrWake('releaseDeliveries', releaseWorkflowId(tenantId, releaseId), input, `release ${releaseId} of ${tenantId}`, about)
    },
    erase: (input) => {
      const { tenantId, erasureId } = input
      const about = [{ key: HeraldTenant, value: tenantId }]
      return startOrWake('eraseEntity', eraseWorkflowId(tenantId, erasureId), input, `erasure ${erasureId} of ${tenantId}`, about)
    },
  }
}

/** gRPC codes (grpc.io, status codes) with which a server answers the same call always: no repetition mends it. */
const REFUSALS = new Set([/* INVALID_ARGUMENT */ 3, /* OUT_OF_RANGE */ 11, /* UNIMPLEMENTED */ 12])

/** True when Temporal is there and will not take what it was sent. */
export function isRefused(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) && REFUSALS.has(cause.code)
}
