import { activityInfo, ApplicationFailure } from '@temporalio/activity'
import type { Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { groupBy } from '../src/domain/group-by'
import { deliveryId, newToken } from '../src/domain/ids'
import { DISPATCH_BOUND_MS, mayDispatch, PERMIT_WAIT_MS, WEBHOOK_CAP } from '../src/domain/lanes'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import { batchOf } from './batches'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { postAll, type PostTask } from './post-all'
import { careFor } from './standing'
import type { Activities, Batch, CareResult, DispatchResult } from './types'

/** A delivery on its way: its record, the event it carries, the webhook it goes to. */
interface Intent {
  delivery: Delivery
  event: HeraldEvent
  webhook: OpenWebhook
}

/** The fast lane: the first POST of every delivery of some events, all in one local activity. */
export function createDispatch(deps: ActivityDeps): Activities['dispatch'] {
  return async ({ tenantId, eventIds }) => {
    const begun = Date.now()
    const { workflowId } = activityInfo().workflowExecution ?? { workflowId: '' }
    const token = newToken()
    const events = await loadAll(deps, tenantId, eventIds)
    const [webhooks, earlier] = await Promise.all([
      deps.webhooks.subscribers(tenantId, [...new Set(events.map(({ typeId }) => typeId))]),
      // None in a first run. A run before this one may have written to webhooks that are no subscribers now.
      deps.deliveries.inCareOf(tenantId, workflowId),
    ])
    const intents = events.flatMap((event) => intentsOf(event, webhooks, workflowId, token))
    deps.onFanOut(tenantId, Math.ceil(intents.length / events.length))

    const deliveryIds = intents.map(({ delivery }) => delivery.id)
    const inserting = deps.deliveries.insert(intents.map(({ delivery }) => delivery))
    const standing = await orGiveBack(deps, inserting, { tenantId, deliveryIds, token })
    deps.faults('after-intent')
    const marked = deps.events.markDispatched(tenantId, eventIds, workflowId)
    // A mark that fails must not begin another run while the POSTs of this one are under way.
    marked.catch(() => undefined)
    const [left, others] = await Promise.all([
      attemptFirst(deps, { tenantId, workflowId, token, begun }, intents, standing),
      careForOthers(deps, tenantId, earlier, intents),
    ])
    await marked
    deps.faults('after-outcome')
    deps.onDispatched(workflowId)
    return withOthers(summary(intents, left), others)
  }
}

async function loadAll(deps: ActivityDeps, tenantId: string, eventIds: string[]): Promise<HeraldEvent[]> {
  const events = await deps.events.load(tenantId, eventIds)
  if (events.length > 0) return events
  throw ApplicationFailure.nonRetryable(
    `none of these events is in the journal of tenant ${tenantId}: publish them over REST, or start deliverEvent with the event inline`,
    'EventsUnknown',
  )
}

function intentsOf(event: HeraldEvent, webhooks: OpenWebhook[], workflowId: string, token: string): Intent[] {
  const now = new Date()
  return webhooks
    .filter(({ eventTypes }) => eventTypes.includes(event.typeId))
    .map((webhook) => {
      const held = webhook.status !== 'active'
      const first = !held && mayDispatch(webhook)
      const delivery: Delivery = {
        id: deliveryId(event.tenantId, event.id, event.createdAt, webhook.id),
        tenantId: event.tenantId,
        eventId: event.id,
        webhookId: webhook.id,
        typeId: event.typeId,
        entityId: event.entityId,
        status: held ? 'held' : 'pending',
        round: 0,
        posts: first ? 1 : 0,
        postsBeforeRound: 0,
        intents: first ? [now] : [],
        ...(first && { token }),
        workflowId,
        createdAt: now,
        updatedAt: now,
      }
      return { delivery, event, webhook }
    })
}

interface Run {
  tenantId: string
  workflowId: string
  token: string
  begun: number
}

/** POSTs what this run has just written down; answers what is left for the other lane. */
async function attemptFirst(deps: ActivityDeps, run: Run, intents: Intent[], standing: Delivery[]): Promise<Batch[]> {
  const before = new Map(standing.map((delivery) => [delivery.id, delivery]))
  const mine = intents.filter(({ delivery }) => {
    const record = before.get(delivery.id) ?? delivery
    return record.workflowId === run.workflowId && record.status !== 'held'
  })
  const byWebhook = [...groupBy(mine, ({ webhook }) => webhook).entries()]
  const left = await Promise.all(
    byWebhook.map(async ([webhook, all]) => {
      const fresh = all.filter(({ delivery }) => !before.has(delivery.id) && delivery.posts === 1)
      const delivered = await postFirst(deps, run, webhook, fresh)
      const undelivered = all.filter(
        ({ delivery }) => !delivered.has(delivery.id) && before.get(delivery.id)?.status !== 'delivered',
      )
      return undelivered.length === 0 ? [] : [batchOf(webhook, undelivered.map(({ delivery }) => delivery), 0)]
    }),
  )
  return left.flat()
}

/** What an earlier run began and this one would not begin goes on where it stands. */
async function careForOthers(deps: ActivityDeps, tenantId: string, earlier: Delivery[], intents: Intent[]): Promise<CareResult> {
  const seen = new Set(intents.map(({ delivery }) => delivery.id))
  const others = earlier.filter(({ id }) => !seen.has(id)).map(({ id }) => id)
  return others.length === 0 ? { left: [], parked: [] } : careFor(deps, tenantId, others)
}

/** Answers the ids of what is delivered, and known to be so in MongoDB too. */
async function postFirst(deps: ActivityDeps, run: Run, webhook: OpenWebhook, fresh: Intent[]): Promise<Set<string>> {
  const tasks = fresh.map(({ delivery, event }): PostTask => ({
    claim: { deliveryId: delivery.id, eventId: event.id, number: 1 },
    event,
    numberInRound: 1,
  }))
  const endsAt = run.begun + DISPATCH_BOUND_MS
  const { begun, notBegun, recorded } = await postAll(deps, webhook, tasks, {
    beginBefore: endsAt - webhook.timeoutMs,
    permitWaitMs: PERMIT_WAIT_MS.dispatch,
    atOnce: WEBHOOK_CAP,
  })
  const givenBack = deps.recorder.giveBack(run.tenantId, notBegun.map(({ deliveryId: id }) => id), run.token)
  if (!(await within(Promise.all([recorded, givenBack]), endsAt - Date.now()))) return new Set()
  return new Set(begun.filter(({ exchange }) => exchange.outcome.kind === 'delivered').map(({ deliveryId: id }) => id))
}

const countOf = (batches: Batch[]): number => batches.reduce((sum, { deliveryIds }) => sum + deliveryIds.length, 0)

function withOthers(result: DispatchResult, { left, parked }: CareResult): DispatchResult {
  if (left.length + parked.length === 0) return result
  const deliveries = result.deliveries + countOf(left) + parked.length
  return { ...result, deliveries, left: [...result.left, ...left], parked }
}

function summary(intents: Intent[], left: Batch[]): DispatchResult {
  const undelivered = countOf(left)
  const held = intents.filter(({ delivery }) => delivery.status === 'held').length
  return { deliveries: intents.length, delivered: intents.length - undelivered - held, held, left }
}
