import type { DataKey } from '../domain/data-key'
import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { orderingKeyOf } from '../domain/ordering'
import { timingOf } from '../domain/timing'
import type { Journaled, Lease, NewEvent } from './events'
import type { EventRecord } from './records'
import { SCHEDULE } from './schedule'
import { scopedTo } from './scope'
import { toBeNumbered, toSequence } from './sequence'
import { fingerprintOf, keep } from './vaults'

/** Longer than any lease of a process: what is further off is scheduled, and need not be looked at. */
export const LEASES_MS = 10 * 60_000

export const keysOf = (tenantId: string, ids: string[]) =>
  scopedTo(tenantId, ids.map((id) => eventKey(tenantId, id)))

/** To which an event's data is bound: copied to another one, it does not open. */
export const dataContext = (tenantId: string, eventId: string): string => `${eventKey(tenantId, eventId)}/data`

export const toRecord = ({ id, scheduled, ...event }: NewEvent, lease: Lease, key: DataKey | undefined): EventRecord => ({
  _id: eventKey(event.tenantId, id),
  eventId: id,
  ...event,
  data: keep(key, event.data, dataContext(event.tenantId, id)),
  hash: fingerprintOf(key, event.hash),
  orderingKey: orderingKeyOf(event),
  sequence: toBeNumbered(),
  starter: scheduled ? SCHEDULE : lease.starter,
  leaseUntil: (scheduled && event.deliverAt) || lease.until,
  ...(lease.workflowId && { workflowId: lease.workflowId }),
})

export const toEvent = (record: Omit<EventRecord, 'data'>, data: string): HeraldEvent & NewEvent => ({
  id: record.eventId,
  tenantId: record.tenantId,
  typeId: record.typeId,
  type: record.type,
  createdAt: record.createdAt,
  data,
  entityId: record.entityId,
  hash: record.hash ?? '',
  ...timingOf(record),
  ...(record.sequence && { sequence: toSequence(record.sequence) }),
})

export const toJournaled = (record: EventRecord, data: string, same: boolean, starter: string): Journaled => ({
  added: false,
  same,
  event: toEvent(record, data),
  workflowId: record.workflowId,
  dispatched: record.dispatchedAt !== undefined,
  leased: record.starter !== starter && (record.leaseUntil?.getTime() ?? 0) > Date.now(),
  cancelledAt: record.cancelledAt,
})
