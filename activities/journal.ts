import { activityInfo, ApplicationFailure } from '@temporalio/activity'
import { z } from 'zod'
import { EVENT_ID_PATTERN, MAX_EVENT_BYTES } from '../src/domain/event'
import { TENANT_ID_PATTERN } from '../src/domain/tenant'
import { timingFields } from '../src/domain/timing'
import { check } from '../src/domain/validation'
import { toNewEvent } from '../src/publish/new-event'
import type { PublishRequest } from '../src/publish/publisher'
import type { ActivityDeps } from './deps'
import type { Activities, InlineEvent } from './types'

/** How long the sweeper leaves a journaled event to the workflow that brought it. */
const LEASE_MS = 5 * 60_000

/** The journal's entry for events that a service brought in its own workflow start. */
export function createJournal(deps: ActivityDeps): Activities['journal'] {
  return async ({ tenantId, event }) => {
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' }
    if (!TENANT_ID_PATTERN.test(tenantId) || !(await deps.tenants.get(tenantId))) {
      throw invalid(`tenantId: there is no tenant ${JSON.stringify(tenantId)}`)
    }
    const request = await readInline(deps, event)
    const lease = { starter: workflowId, until: new Date(Date.now() + LEASE_MS), workflowId }
    const [journaled] = await deps.events.insert([toNewEvent(tenantId, request)], lease)
    if (!journaled || journaled.added) return { repeated: false }
    if (journaled.event.hash !== toNewEvent(tenantId, request).hash) {
      throw ApplicationFailure.nonRetryable(
        `event.id: ${event.id} was published before with another type or body; use a new id`,
        'EventConflict',
      )
    }
    // Published before: it is ours only when nobody else has it, or when this is a second try of ours.
    return { repeated: journaled.leased === true || (journaled.workflowId !== undefined && journaled.workflowId !== workflowId) }
  }
}

const timingInput = z.object(timingFields)

async function readInline({ catalog }: Pick<ActivityDeps, 'catalog'>, event: InlineEvent): Promise<PublishRequest> {
  if (typeof event?.id !== 'string' || !EVENT_ID_PATTERN.test(event.id)) {
    throw invalid('event.id: must match [A-Za-z0-9_-]{1,64}')
  }
  const type = await catalog.find(event.type)
  if (!type) throw invalid(`event.type: is not a known event type; known: ${await catalog.known()}`)
  const timing = check(timingInput, given(event))
  const errors = [...type.checkData(event.data), ...('errors' in timing ? timing.errors : [])]
  if ('errors' in timing || errors.length > 0) {
    throw invalid(errors.map(({ path, message }) => `event.${path}: ${message}`).join('; '))
  }
  const data = JSON.stringify(event.data)
  if (Buffer.byteLength(data) > MAX_EVENT_BYTES) throw invalid(`event.data: more than ${MAX_EVENT_BYTES} bytes`)
  // Every type's schema asks for a string here.
  const { id: entityId } = event.data as { id: string }
  return { id: event.id, typeId: type.id, type: type.name, entityId, data, ...timing.value }
}

/** Some languages' JSON has null for what was not given. */
const given = ({ priority }: InlineEvent) => ({ priority: priority ?? undefined })

const invalid = (detail: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`the event is not valid: ${detail}`, 'InvalidEvent')
