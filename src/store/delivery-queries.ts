import { DELIVERY_STATUSES, FINAL_STATUSES, type Delivery, type DeliveryStatus } from '../domain/delivery'
import { firstDeliveryId } from '../domain/ids'
import type { FailureReason } from '../domain/outcome'
import { toDelivery } from './deliveries'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { page, type Index, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface DeliveryFilter {
  status?: DeliveryStatus
  webhookId?: string
  eventId?: string
  /** Of the newest events about this entity. */
  entityId?: string
  typeId?: number
  /** Of the newest attempt. */
  failureReason?: FailureReason
  /** Of the event's time, which a delivery's id carries; `to` is not included. */
  from?: Date
  to?: Date
  /** Only parked ones whose expiry was announced. */
  expiring?: boolean
}

/** What people look up; a delivery's life is in deliveries.ts. Newest first. */
export interface DeliveryQueries {
  list: (tenantId: string, filter: DeliveryFilter, request: PageRequest) => Promise<Page<Delivery>>
  /** Stops counting at `most`. */
  count: (tenantId: string, filter: DeliveryFilter, most: number) => Promise<number>
  get: (tenantId: string, id: string) => Promise<Delivery | undefined>
  /** Of these, those that a list by the filter has. */
  among: (tenantId: string, filter: DeliveryFilter, ids: string[]) => Promise<Delivery[]>
  /** The first in the line of its ordering key, where that is another one. */
  standsBehind: (delivery: Delivery) => Promise<Delivery | undefined>
}

/** How many events about an entity are looked at: deliveries themselves have no index by entity, which each of them would pay for. */
export const EVENTS_OF_ENTITY = 1_000

export function createDeliveryQueries({ deliveries, events }: Models): DeliveryQueries {
  return {
    list: async (tenantId, filter, request) => page(deliveries, await query(tenantId, filter), request, toDelivery, indexOf(filter)),
    count: async (tenantId, filter, most) => {
      const hint = indexOf(filter)
      return deliveries.countDocuments(await query(tenantId, filter), { limit: most, ...(hint && { hint }) })
    },
    get: async (tenantId, id) => {
      const record = await deliveries.findOne(scoped(tenantId, { _id: id })).lean<DeliveryRecord>()
      return record ? toDelivery(record) : undefined
    },
    among: async (tenantId, filter, ids) => {
      const wanted = { $and: [{ _id: { $in: ids } }, await query(tenantId, filter)] }
      return (await deliveries.find(wanted, null, { hint: { _id: 1 } }).sort({ _id: -1 }).lean<DeliveryRecord[]>()).map(toDelivery)
    },
    standsBehind: async ({ tenantId, webhookId, orderingKey, turn }) => {
      if (orderingKey === undefined || turn === undefined) return undefined
      const before = scoped(tenantId, { webhookId, orderingKey, turn: { $gt: 0, $lt: turn }, status: { $nin: [...FINAL_STATUSES] } })
      const first = await deliveries.findOne(before, null, { sort: { turn: 1 }, hint: 'lines' }).lean<DeliveryRecord>()
      return first ? toDelivery(first) : undefined
    },
  }

  async function query(tenantId: string, { entityId, ...filter }: DeliveryFilter): Promise<object> {
    const base = scoped(tenantId, condition(filter))
    if (entityId === undefined) return base
    const { from, to } = filter
    const about = { entityId, ...((from ?? to) && { createdAt: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }) }
    const newest = await events
      .find(scoped(tenantId, about), { eventId: 1 })
      .sort({ createdAt: -1, _id: -1 })
      .limit(EVENTS_OF_ENTITY)
      .lean<{ eventId: string }[]>()
    return { $and: [base, { eventId: { $in: newest.map(({ eventId }) => eventId) } }] }
  }
}

/** Of a webhook, a type and a reason together any may have very few: MongoDB finds out. */
function indexOf({ webhookId, eventId, entityId, typeId, failureReason, expiring }: DeliveryFilter): Index | undefined {
  if (eventId !== undefined || entityId !== undefined) return { tenantId: 1, eventId: 1 }
  if (expiring) return 'expiring'
  if (failureReason !== undefined) return webhookId === undefined && typeId === undefined ? 'failed' : undefined
  if (webhookId !== undefined) return typeId === undefined ? { tenantId: 1, webhookId: 1, status: 1, _id: -1 } : undefined
  return typeId === undefined ? { tenantId: 1, status: 1, _id: -1 } : { tenantId: 1, typeId: 1, status: 1, _id: -1 }
}

function condition({ status, webhookId, eventId, typeId, failureReason, from, to, expiring }: DeliveryFilter): object {
  return {
    ...(expiring && { expiryNoticedAt: { $exists: true } }),
    // Naming every status lets the indexes that have it in the middle still give the order by id.
    status: expiring ? 'parked' : (status ?? { $in: [...DELIVERY_STATUSES] }),
    ...(webhookId !== undefined && { webhookId }),
    ...(eventId !== undefined && { eventId }),
    ...(typeId !== undefined && { typeId }),
    // What was never sent has no reason beside that.
    ...(failureReason !== undefined && (failureReason === 'blocked' ? { 'lastOutcome.kind': 'blocked', 'lastOutcome.reason': null } : { 'lastOutcome.kind': 'failed', 'lastOutcome.reason': failureReason })),
    ...((from ?? to) && { _id: { ...(from && { $gte: firstDeliveryId(from) }), ...(to && { $lt: firstDeliveryId(to) }) } }),
  }
}
