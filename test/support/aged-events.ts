import type { DeliveryStatus } from '../../src/domain/delivery'
import { attemptKey, deliveryId, eventKey } from '../../src/domain/ids'
import type { StoreConnection } from '../../src/store/connect'
import type { EventRecord } from '../../src/store/records'

const DAY_MS = 86_400_000

export interface AgedEvents {
  tenantId: string
  /** How long ago they were published and dispatched. */
  daysOld: number
  entityId?: string
  /** One delivery each; `daysOld` is that of its last move. */
  deliveries?: { status: DeliveryStatus; daysOld: number; posts?: number }[]
  dispatched?: boolean
  /** What else their records say. */
  fields?: Partial<EventRecord>
}

export const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS)

/** Records of events as they are after a long time, written in bulk; answers nothing but that they stand. */
export async function writeAged({ models: { hot } }: StoreConnection, ids: string[], aged: AgedEvents): Promise<void> {
  const { tenantId, daysOld, entityId = 'acc-1', deliveries = [{ status: 'delivered', daysOld }], dispatched = true, fields = {} } = aged
  const createdAt = daysAgo(daysOld)
  const shared = { tenantId, typeId: 1, entityId, createdAt }
  await hot.events.insertMany(
    ids.map((id) => ({
      ...shared,
      _id: eventKey(tenantId, id),
      eventId: id,
      type: 'CREATE ACCOUNT',
      data: JSON.stringify({ id: entityId, accountType: 'Savings' }),
      hash: 'x',
      starter: 'of a test',
      ...(dispatched && { dispatchedAt: createdAt, workflowId: `event/${tenantId}/${id}` }),
      ...fields,
    })),
  )
  const all = ids.flatMap((id) =>
    deliveries.map(({ status, daysOld: moved, posts = 1 }, i) => ({
      ...shared,
      _id: deliveryId(tenantId, id, createdAt, `whk_${i}`),
      eventId: id,
      webhookId: `whk_${i}`,
      status,
      round: 0,
      posts,
      postsBeforeRound: 0,
      intents: Array.from({ length: posts }, () => createdAt),
      workflowId: `event/${tenantId}/${id}`,
      updatedAt: daysAgo(moved),
      ...(status === 'parked' && { parkedAt: daysAgo(moved), parkedReason: 'attempts exhausted' as const }),
    })),
  )
  if (all.length === 0) return
  await hot.deliveries.insertMany(all)
  const exchange = { startedAt: createdAt, durationMs: 5, request: { url: 'https://bank.example/', headers: {} } }
  const attempts = all.flatMap(({ _id, posts }) =>
    Array.from({ length: posts }, (_, i) => ({
      ...exchange,
      _id: attemptKey(_id, i + 1),
      tenantId,
      deliveryId: _id,
      number: i + 1,
      outcome: { kind: 'delivered' as const, status: 200 },
    })),
  )
  await hot.attempts.insertMany(attempts)
}
