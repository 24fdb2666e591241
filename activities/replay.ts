import { UNDER_WAY, type Delivery } from '../src/domain/delivery'
import { groupBy } from '../src/domain/group-by'
import { drainWorkflowId, replayDeliveryId } from '../src/domain/ids'
import type { Release } from '../src/domain/release'
import type { PastEvent } from '../src/store/replays'
import type { ActivityDeps } from './deps'

export interface Replayed {
  /** Parked ones, which get their own next round. */
  again: Delivery[]
  /** Deliveries of their own, with the event's id as `webhook-id`: a final status never goes back. */
  added: Delivery[]
}

/** How each of these events comes to the release's webhook once more. What is on its way there is left alone. */
export async function replayed({ replays }: Pick<ActivityDeps, 'replays'>, release: Release, events: PastEvent[]): Promise<Replayed> {
  const { id: releaseId, tenantId, filter: { webhookId = '' } } = release
  const before = groupBy(await replays.deliveriesOf(tenantId, webhookId, events.map(({ id }) => id)), ({ eventId }) => eventId)
  const result: Replayed = { again: [], added: [] }
  for (const event of events) {
    const standing = before.get(event.id) ?? []
    // Also what this release has moved in a run that was cut off.
    if (standing.some((delivery) => delivery.releaseId === releaseId || isOnItsWay(delivery))) continue
    const parked = standing.find(({ status }) => status === 'parked')
    if (parked) result.again.push(parked)
    else result.added.push(newDelivery(event, webhookId, releaseId))
  }
  return result
}

const isOnItsWay = ({ status }: Delivery): boolean => UNDER_WAY.includes(status) || status === 'held'

/** In the webhook's queue, which makes its POSTs at the pace of the release. */
function newDelivery(event: PastEvent, webhookId: string, releaseId: string): Delivery {
  const { tenantId, id: eventId, typeId, entityId, priority, expireAt } = event
  const now = new Date()
  return {
    id: replayDeliveryId(event, releaseId),
    tenantId,
    eventId,
    webhookId,
    typeId,
    entityId,
    ...(priority !== undefined && { priority }),
    ...(expireAt && { expireAt }),
    status: 'pending',
    round: 0,
    posts: 0,
    postsBeforeRound: 0,
    intents: [],
    queue: 'waiting',
    nextAttemptAt: now,
    workflowId: drainWorkflowId(tenantId, webhookId),
    replayedBy: releaseId,
    releaseId,
    createdAt: now,
    updatedAt: now,
  }
}
