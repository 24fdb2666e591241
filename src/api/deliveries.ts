import { z } from 'zod'
import { DELIVERY_STATUSES } from '../domain/delivery'
import type { SteeringResult, Steering } from '../steering/steering'
import type { AttemptStore } from '../store/attempts'
import type { DeliveryFilter, DeliveryQueries } from '../store/delivery-queries'
import { attemptView, toAttemptViews } from './attempt-views'
import { deliveryView, toDeliveryView } from './delivery-views'
import type { EventCatalog } from '../publish/event-catalog'
import { typeFilter, typeIdOf } from './event-type-filter'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import type { WorkflowLink } from './temporal-ui'
import { instant, listOf, named, paging } from './views'

export interface DeliveryDeps {
  deliveryQueries: DeliveryQueries
  attempts: Pick<AttemptStore, 'list'>
  steering: Pick<Steering, 'retry' | 'cancel'>
  catalog: EventCatalog
  workflowLink: WorkflowLink
}

export function deliveryRoutes(deps: DeliveryDeps): Route[] {
  const { deliveryQueries, attempts, steering, catalog, workflowLink } = deps
  return [
    route({
      method: 'get',
      path: '/v1/deliveries',
      scope: 'read',
      tag: 'Deliveries',
      summary: 'List deliveries',
      description: 'Newest first, by the time of the event.',
      query: listQuery,
      responses: { 200: { description: 'A page of deliveries.', schema: listOf(deliveryView, 'DeliveryList') } },
      handle: list,
    }),
    route({
      method: 'get',
      path: '/v1/deliveries/{id}',
      scope: 'read',
      tag: 'Deliveries',
      summary: 'Look at a delivery and every attempt',
      params,
      responses: { 200: { description: 'The delivery.', schema: deliveryWithAttempts } },
      handle: get,
    }),
    route({
      method: 'post',
      path: '/v1/deliveries/{id}/retry',
      scope: 'retry',
      tag: 'Deliveries',
      summary: 'Try a parked delivery again',
      description: 'Begins another round of attempts. Many calls make one round.',
      params,
      responses: { 202: { description: 'Another round begins.', schema: retried } },
      problems: [409],
      handle: async ({ tenantId, params: { id } }) => {
        const { round } = accepted(await steering.retry(tenantId, id), id, 'Only a parked delivery can be retried; a held one goes out when its webhook is resumed.')
        return { status: 202, body: { id, status: 'retrying', round } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/deliveries/{id}/cancel',
      scope: 'retry',
      tag: 'Deliveries',
      summary: 'Give a parked or held delivery up',
      params,
      responses: { 202: { description: 'It will not be attempted again.', schema: cancelled } },
      problems: [409],
      handle: async ({ tenantId, params: { id } }) => {
        accepted(await steering.cancel(tenantId, id), id, 'Only a parked or held delivery can be cancelled.')
        return { status: 202, body: { id, status: 'cancelled' } }
      },
    }),
  ]

  async function list({ tenantId, query }: Call<unknown, z.output<typeof listQuery>>): Promise<Reply> {
    const { type, expiring, cursor, limit, ...rest } = query
    const filter: DeliveryFilter = { ...rest, ...(expiring === 'true' && { expiring: true }) }
    if (type !== undefined) filter.typeId = await typeIdOf(catalog, type)
    const { data, nextCursor } = await deliveryQueries.list(tenantId, filter, { cursor, limit })
    const views = data.map(async (delivery) =>
      toDeliveryView(delivery, await catalog.nameOf(delivery.typeId), workflowLink),
    )
    return { status: 200, body: { data: await Promise.all(views), nextCursor } }
  }

  async function get({ tenantId, params: { id } }: Call<{ id: string }>): Promise<Reply> {
    const delivery = found(await deliveryQueries.get(tenantId, id), 'delivery', id)
    const records = await attempts.list(tenantId, id)
    const view = toDeliveryView(delivery, await catalog.nameOf(delivery.typeId), workflowLink)
    return { status: 200, body: { ...view, attempts: toAttemptViews(delivery, records, new Date()) } }
  }
}

const params = z.object({ id: z.string() })

const listQuery = z
  .strictObject({
    status: z.enum(DELIVERY_STATUSES).optional(),
    webhookId: z.string().optional(),
    eventId: z.string().optional(),
    type: typeFilter,
    from: instant.describe("The event's time; included."),
    to: instant.describe("The event's time; not included."),
    expiring: z.literal('true').optional().describe('Only parked ones that expire soon.'),
    ...paging.shape,
  })
  .refine(({ expiring, status }) => !expiring || !status || status === 'parked', {
    path: ['expiring'],
    message: 'goes with status=parked only',
  })

const deliveryWithAttempts = deliveryView.extend({ attempts: z.array(attemptView) })
named.add(deliveryWithAttempts, { id: 'DeliveryWithAttempts' })

const retried = z.object({ id: z.string(), status: z.literal('retrying'), round: z.int() })
const cancelled = z.object({ id: z.string(), status: z.literal('cancelled') })

function accepted(result: SteeringResult, id: string, rule: string): { round: number } {
  if (result.kind === 'accepted') return result
  if (result.kind === 'not found') return found<never>(undefined, 'delivery', id)
  const detail = `The delivery is ${result.status}. ${rule}`
  throw new Problem('conflict', detail, { members: { currentStatus: result.status } })
}
