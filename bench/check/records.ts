import { setTimeout as wait } from 'node:timers/promises'
import type { DeliveryStatus } from '../../src/domain/delivery'
import type { StoreConnection } from '../../src/store/connect'
import type { DeliveryRecord } from '../../src/store/records'

/** What a run's tenants have on record. */
export interface Records {
  eventIds: Set<string>
  deliveries: DeliveryRecord[]
  /** The numbers of the attempts on record, by delivery. */
  attempts: Map<string, Set<number>>
  attemptCount: number
}

const ASK_MS = 200
const SILENCE_MS = 60_000

/** Whose deliveries, or which webhooks' alone. */
export interface Whose {
  tenantIds: string[]
  webhookIds?: string[]
}

const filterOf = ({ tenantIds, webhookIds }: Whose): object => ({
  tenantId: { $in: tenantIds },
  ...(webhookIds && { webhookId: { $in: webhookIds } }),
})

/** Waits until so many deliveries have the status, or are on record at all; gives up when none moves for a minute. */
export async function settled(store: StoreConnection, whose: Whose, status: DeliveryStatus | 'on record', count: number): Promise<void> {
  let before = -1
  let movedAt = Date.now()
  for (;;) {
    const there = await store.models.deliveries.countDocuments({ ...filterOf(whose), ...(status !== 'on record' && { status }) })
    if (there >= count) return
    if (there !== before) movedAt = Date.now()
    if (Date.now() - movedAt > SILENCE_MS) throw new Error(`${there} of ${count} deliveries are ${status}, and no more for a minute`)
    before = there
    await wait(ASK_MS)
  }
}

export async function readRecords({ models }: StoreConnection, tenantIds: string[]): Promise<Records> {
  const filter = filterOf({ tenantIds })
  const [events, deliveries, attempts] = await Promise.all([
    models.events.find(filter, { eventId: 1 }).lean<{ eventId: string }[]>(),
    models.deliveries.find(filter).lean<DeliveryRecord[]>(),
    models.attempts.find(filter, { deliveryId: 1, number: 1 }).lean<{ deliveryId: string; number: number }[]>(),
  ])
  const byDelivery = new Map<string, Set<number>>()
  for (const { deliveryId, number } of attempts) {
    byDelivery.set(deliveryId, (byDelivery.get(deliveryId) ?? new Set<number>()).add(number))
  }
  return {
    eventIds: new Set(events.map(({ eventId }) => eventId)),
    deliveries,
    attempts: byDelivery,
    attemptCount: attempts.length,
  }
}
