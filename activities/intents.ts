import { UNDER_WAY, type Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { groupBy } from '../src/domain/group-by'
import { deliveryId, newToken } from '../src/domain/ids'
import { mayDispatch, usesQueueAlone } from '../src/domain/lanes'
import { orderingKeyOf, turnOf } from '../src/domain/ordering'
import { hasExpired } from '../src/domain/timing'
import type { OpenWebhook } from '../src/domain/webhook'
import { orGiveBack } from './claiming'
import type { ActivityDeps } from './deps'
import { createWanted } from './wanted'

/** A delivery on its way: its record, the event it carries, the webhook it goes to. */
export interface Intent {
  delivery: Delivery
  event: HeraldEvent
  webhook: OpenWebhook
}

/** What a workflow is about to do, written down before it does it. */
export interface Intents {
  /** Who may make the first POSTs. */
  token: string
  /** Those of the events that are in the journal and are not another workflow's. */
  events: HeraldEvent[]
  /** None of the events is in the journal. */
  unknown: boolean
  all: Intent[]
  /** Records that stood already. */
  standing: Delivery[]
}

/** `ahead` of the workflow: what any has dispatched, this one included, is left alone. */
export type WriteIntents = (tenantId: string, eventIds: string[], workflowId: string, ahead?: 'ahead') => Promise<Intents>

type IntentDeps = Pick<ActivityDeps, 'journal' | 'events' | 'schedule' | 'webhooks' | 'deliveries' | 'recorder' | 'lanes' | 'retryAfters' | 'isRunning' | 'logger'>

/** Finds the webhooks of some events and inserts a record for each delivery: the fence of the first attempt. */
export function createWriteIntents(deps: IntentDeps): WriteIntents {
  return async (tenantId, eventIds, workflowId, ahead) => {
    const token = newToken()
    // Published again, an event is not delivered again.
    const before = await deps.journal.dispatchedBefore(tenantId, eventIds, ahead ? undefined : workflowId)
    const ours = eventIds.filter((id) => !before.has(id))
    const loaded = await deps.events.load(tenantId, ours)
    const events = await deps.schedule.withoutWaiting(tenantId, loaded)
    const webhooks = await deps.webhooks.subscribers(tenantId, [...new Set(events.map(({ typeId }) => typeId))])
    const wanted = createWanted(webhooks, deps.logger)
    const first = createFirst(deps)
    const all = events.flatMap((event) =>
      wanted(event).map((webhook) => ({ delivery: newDelivery(event, webhook, { workflowId, token, ...first(webhook) }), event, webhook })),
    )
    const deliveries = all.map(({ delivery }) => delivery)
    const claim = { tenantId, deliveryIds: deliveries.map(({ id }) => id), token }
    const inserting = deps.deliveries.insert(deliveries)
    const standing = await orGiveBack(deps, inserting.then((found) => adoptOrphans(deps, tenantId, found, workflowId)), claim)
    return { token, events, unknown: ours.length > 0 && loaded.length === 0, all, standing }
  }
}

/**
 * A process may have ended between the intents and the start of the workflow that they name; the
 * events were then started in another one, which takes over what nobody else cares for.
 */
async function adoptOrphans(deps: IntentDeps, tenantId: string, standing: Delivery[], own: string): Promise<Delivery[]> {
  const foreign = standing.filter(({ workflowId, status, queue }) => workflowId !== own && UNDER_WAY.includes(status) && !queue)
  const adopting = [...groupBy(foreign, (delivery) => delivery.workflowId)].map(async ([workflowId, group]) => {
    if (!(await deps.isRunning(workflowId))) await deps.deliveries.adopt(tenantId, group.map(({ id }) => id), workflowId, own)
  })
  await Promise.all(adopting)
  return foreign.length === 0 ? standing : deps.deliveries.load(tenantId, standing.map(({ id }) => id))
}

interface First {
  /** The first POST is made at once, in `dispatch`. */
  atOnce: boolean
  /** The webhook cannot take it now. */
  queued: boolean
}

const NOT_AT_ALL: First = { atOnce: false, queued: false }

/** One answer for all deliveries of a run to a webhook; an unknown one is tried with the first of them. */
function createFirst({ lanes, retryAfters }: Pick<IntentDeps, 'lanes' | 'retryAfters'>): (webhook: OpenWebhook) => First {
  const isLeftAlone = ({ id, retryAfterUntil }: OpenWebhook): boolean =>
    Math.max(retryAfters.until(id), retryAfterUntil?.getTime() ?? 0) > Date.now()
  const known = new Map<string, First>()
  return (webhook) => {
    let first = known.get(webhook.id)
    if (!first) {
      const isActive = webhook.status === 'active'
      const queued = isActive && (usesQueueAlone(webhook) || isLeftAlone(webhook) || lanes.isCongested(webhook.id))
      first = { queued, atOnce: isActive && !queued && mayDispatch(webhook) && lanes.isFast(webhook.id) }
      known.set(webhook.id, lanes.isKnown(webhook.id) ? first : { ...first, atOnce: false })
    }
    return first
  }
}

function newDelivery(event: HeraldEvent, webhook: OpenWebhook, how: First & { workflowId: string; token: string }): Delivery {
  const now = new Date()
  const expired = hasExpired(event, now)
  const { atOnce, queued } = expired ? NOT_AT_ALL : how
  return {
    id: deliveryId(event.tenantId, event.id, event.createdAt, webhook.id),
    tenantId: event.tenantId,
    eventId: event.id,
    webhookId: webhook.id,
    typeId: event.typeId,
    entityId: event.entityId,
    ...(event.priority !== undefined && { priority: event.priority }),
    ...(event.expireAt && { expireAt: event.expireAt }),
    ...(expired && { expiredReason: 'event expired' }),
    status: expired ? 'expired' : webhook.status === 'active' ? 'pending' : 'held',
    round: 0,
    posts: atOnce ? 1 : 0,
    postsBeforeRound: 0,
    intents: atOnce ? [now] : [],
    ...(atOnce && { token: how.token }),
    ...(queued && { queue: 'waiting', nextAttemptAt: now }),
    ...(webhook.ordering && !expired && { orderingKey: orderingKeyOf(event), turn: turnOf(event) }),
    workflowId: how.workflowId,
    createdAt: now,
    updatedAt: now,
  }
}
