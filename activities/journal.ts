import { activityInfo, ApplicationFailure } from '@temporalio/activity'
import { z } from 'zod'
import { EVENT_ID_PATTERN, MAX_EVENT_BYTES } from '../src/domain/event'
import { TENANT_ID_PATTERN } from '../src/domain/tenant'
import { checkTiming, timingFields } from '../src/domain/timing'
import { check } from '../src/domain/validation'
import { toNewEvent } from '../src/publish/new-event'
import type { PublishRequest } from '../src/publish/publisher'
import type { Journaled } from '../src/store/events'
import type { ActivityDeps } from './deps'
import type { Activities, InlineEvent } from './types'

/** How long the sweeper leaves a journaled event to the workflow that brought it. */
const LEASE_MS = 5 * 60_000
/** What is due sooner waits in its workflow; no workflow waits for a year. */
const WAIT_HERE_MS = 60_000

/** The journal's entry for events that a service brought in its own workflow start. */
export function createJournal(deps: ActivityDeps): Activities['journal'] {
  return async ({ tenantId, event }) => {
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' }
    if (!TENANT_ID_PATTERN.test(tenantId) || !(await deps.tenants.get(tenantId))) {
      throw invalid(`tenantId: there is no tenant ${JSON.stringify(tenantId)}`)
    }
    const request = await readInline(deps, event)
    const dueAt = request.deliverAt?.getTime() ?? 0
    const scheduled = dueAt - Date.now() > WAIT_HERE_MS
    const news = { ...toNewEvent(tenantId, request), scheduled }
    const lease = { starter: workflowId, until: new Date(Math.max(dueAt, Date.now()) + LEASE_MS), workflowId }
    const [journaled] = await deps.events.insert([news], lease)
    // Tried again, until the key can be opened.
    if (journaled instanceof Error) throw journaled
    if (journaled && !journaled.same) {
      throw ApplicationFailure.nonRetryable(
        `event.id: ${event.id} was published before with another type or body; use a new id`,
        'EventConflict',
      )
    }
    if (journaled && !isOurs(journaled, workflowId)) return { repeated: true }
    if (scheduled) return { repeated: false, scheduled }
    return { repeated: false, ...(dueAt > Date.now() && { waitUntil: dueAt }) }
  }
}

/** Published before, it is ours only when nobody else has it, or when this is a second try of ours. */
function isOurs({ added, workflowId, leased, cancelledAt }: Journaled, ownWorkflowId: string): boolean {
  if (added) return true
  if (cancelledAt) return false
  return workflowId === ownWorkflowId || (workflowId === undefined && !leased)
}

const timingInput = z.object(timingFields)

async function readInline({ catalog }: Pick<ActivityDeps, 'catalog'>, event: InlineEvent): Promise<PublishRequest> {
  if (typeof event?.id !== 'string' || !EVENT_ID_PATTERN.test(event.id)) {
    throw invalid('event.id: must match [A-Za-z0-9_-]{1,64}')
  }
  const type = await catalog.find(event.type)
  if (!type) throw invalid(`event.type: is not a known event type; known: ${await catalog.known('publishable')}`)
  if (type.operational) throw invalid('event.type: is what Herald itself reports; nobody may publish it')
  const timing = check(timingInput, given(event))
  const wrongTimes = 'errors' in timing ? timing.errors : checkTiming(timing.value, new Date())
  const errors = [...type.checkData(event.data), ...wrongTimes]
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
const given = ({ deliverAt, expireAt, priority, orderingKey }: InlineEvent) =>
  Object.fromEntries(Object.entries({ deliverAt, expireAt, priority, orderingKey }).filter(([, value]) => value !== null))

const invalid = (detail: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`the event is not valid: ${detail}`, 'InvalidEvent')
