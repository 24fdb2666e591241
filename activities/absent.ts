import type { Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import type { ActivityDeps } from './deps'

/** What cannot be opened is looked at again after this. */
const UNREADABLE_MS = 5 * 60_000

/**
 * The deliveries whose event is among those that were loaded. Of the others, those of erased events are
 * cancelled; those whose data cannot be opened wait in their webhook's queue, in nobody's way.
 */
export async function withEvents(
  { erasing, deliveries }: Pick<ActivityDeps, 'erasing' | 'deliveries'>,
  tenantId: string,
  all: Delivery[],
  loaded: HeraldEvent[],
): Promise<Delivery[]> {
  const here = new Set(loaded.map(({ id }) => id))
  const absent = all.filter(({ eventId }) => !here.has(eventId))
  if (absent.length === 0) return all
  const erased = await erasing.erased(tenantId, absent.map(({ eventId }) => eventId))
  await erasing.cancel(tenantId, [...erased])
  const later = new Date(Date.now() + UNREADABLE_MS)
  for (const { id, eventId, workflowId, queue } of absent) {
    if (erased.has(eventId)) continue
    if (queue) await deliveries.postpone(tenantId, [id], later)
    else await deliveries.enqueue(tenantId, [id], workflowId, later)
  }
  return all.filter(({ eventId }) => here.has(eventId))
}
