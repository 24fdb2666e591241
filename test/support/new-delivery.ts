import { newToken } from '../../src/domain/ids'
import type { Delivery } from '../../src/domain/delivery'

/** A delivery as a first run leaves it that was ended between its intent and its POST. */
export function newDelivery(given: Pick<Delivery, 'id' | 'tenantId'> & Partial<Delivery>): Delivery {
  const now = new Date()
  return {
    eventId: `of-${given.id}`,
    webhookId: 'whk_1',
    typeId: 5,
    entityId: 'txn-1',
    status: 'pending',
    round: 0,
    posts: 1,
    postsBeforeRound: 0,
    intents: [now],
    token: newToken(),
    workflowId: `event/${given.tenantId}/1`,
    createdAt: now,
    updatedAt: now,
    ...given,
  }
}
