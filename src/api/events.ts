import { z } from 'zod'
import { seesData } from '../domain/api-key'
import { maskedJson } from '../domain/masking'
import { orderingKeyOf } from '../domain/ordering'
import { priorityOf } from '../domain/timing'
import type { DeliveryQueries } from '../store/delivery-queries'
import type { EventQueries, EventSummary } from '../store/event-queries'
import { isTimeCursor } from '../store/page'
import type { ScheduleStore } from '../store/schedule'
import { toDeliverySummary } from './delivery-views'
import type { EventCatalog } from '../publish/event-catalog'
import { typeFilter, typeIdOf } from './event-type-filter'
import { eventSummaryView, eventView } from './event-views'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import type { WorkflowLink } from './temporal-ui'
import { cursor, instant, limit, listOf } from './views'

export interface EventDeps {
  eventQueries: EventQueries
  deliveryQueries: Pick<DeliveryQueries, 'list'>
  schedule: Pick<ScheduleStore, 'cancel'>
  catalog: EventCatalog
  workflowLink: WorkflowLink
}

const DELIVERIES_SHOWN = 200

export function eventRoutes({ eventQueries, deliveryQueries, schedule, catalog, workflowLink }: EventDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/events',
      scope: 'read',
      tag: 'Events',
      summary: 'List events',
      description: 'Newest first, without their data.',
      query: listQuery,
      responses: { 200: { description: 'A page of events.', schema: listOf(eventSummaryView, 'EventList') } },
      handle: list,
    }),
    route({
      method: 'get',
      path: '/v1/events/{id}',
      scope: 'read',
      tag: 'Events',
      summary: 'Look at an event, its data and its deliveries',
      params: z.object({ id: z.string() }),
      responses: { 200: { description: 'The event.', schema: eventView } },
      handle: get,
    }),
    route({
      method: 'post',
      path: '/v1/events/{id}/cancel',
      scope: 'publish',
      tag: 'Events',
      summary: 'Cancel an event before its time',
      description: 'Only what waits for its `deliverAt`. The event stays on record, and its id is used up.',
      params: z.object({ id: z.string() }),
      responses: { 200: { description: 'It will not be delivered.', schema: eventSummaryView } },
      problems: [409],
      handle: cancel,
    }),
  ]

  async function list({ tenantId, query }: Call<unknown, z.output<typeof listQuery>>): Promise<Reply> {
    const { type, cursor: after, limit: size, ...rest } = query
    const filter = { ...rest, ...(type !== undefined && { typeId: await typeIdOf(catalog, type) }) }
    const { data, nextCursor } = await eventQueries.list(tenantId, filter, { cursor: after, limit: size })
    return { status: 200, body: { data: data.map(toSummary), nextCursor } }
  }

  async function get({ tenantId, scopes, params: { id } }: Call<{ id: string }>): Promise<Reply> {
    const event = found(await eventQueries.get(tenantId, id), 'event', id)
    const { data } = await deliveryQueries.list(tenantId, { eventId: id }, { limit: DELIVERIES_SHOWN })
    const isMasked = event.data !== undefined && !seesData(scopes)
    const head = JSON.stringify({ ...toSummary(event), deliveries: data.map(toDeliverySummary), ...(isMasked && { masked: true }) })
    // Put together by hand: parsing the data and writing it again would change it.
    return { status: 200, text: `${head.slice(0, -1)},"data":${shownData(event.data, isMasked)}}` }
  }

  async function cancel({ tenantId, params: { id } }: Call<{ id: string }>): Promise<Reply> {
    await schedule.cancel(tenantId, id)
    const event = found(await eventQueries.get(tenantId, id), 'event', id)
    if (event.cancelledAt) return { status: 200, body: toSummary(event) }
    throw new Problem('conflict', 'The event does not wait for a deliverAt: it is on its way, or was delivered. Its deliveries can be cancelled one by one where they are parked or held.')
  }

  function toSummary(event: EventSummary): z.infer<typeof eventSummaryView> {
    const { id, type, typeId, entityId, createdAt, sequence, workflowId } = event
    return {
      id,
      type,
      typeId,
      entityId,
      createdAt: createdAt.toISOString(),
      sequence,
      priority: priorityOf(event),
      orderingKey: orderingKeyOf(event),
      ...(event.deliverAt && { deliverAt: event.deliverAt.toISOString() }),
      ...(event.expireAt && { expireAt: event.expireAt.toISOString() }),
      ...(event.cancelledAt && { cancelledAt: event.cancelledAt.toISOString() }),
      ...(event.erasedAt && { erasedAt: event.erasedAt.toISOString() }),
      ...(event.removeAt && { removeAt: event.removeAt.toISOString() }),
      ...workflowLink(workflowId),
    }
  }
}

const shownData = (data: string | undefined, isMasked: boolean): string => (data === undefined ? 'null' : isMasked ? maskedJson(data) : data)

const listQuery = z.strictObject({
  type: typeFilter,
  entityId: z.string().optional(),
  from: instant.describe('Included.'),
  to: instant.describe('Not included.'),
  cursor: cursor.refine((text) => text === undefined || isTimeCursor(text), 'must be the nextCursor of the page before'),
  limit,
})
