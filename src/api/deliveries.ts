import { z } from 'zod'
import { seesData } from '../domain/api-key'
import { DELIVERY_STATUSES, type Delivery, type Steered } from '../domain/delivery'
import { RELEASE_ACTIONS } from '../domain/release'
import type { SteeringResult, Steering } from '../steering/steering'
import type { AttemptStore } from '../store/attempts'
import type { DeliveryQueries } from '../store/delivery-queries'
import { attemptView, toAttemptViews } from './attempt-views'
import { filterShape, fitsExpiring, misfitOfExpiring, toDeliveryFilter } from './delivery-filter'
import { deliveryView, toDeliveryView } from './delivery-views'
import type { EventCatalog } from '../publish/event-catalog'
import type { Persons } from './persons'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import type { WorkflowLink } from './temporal-ui'
import { listOf, named, paging, time } from './views'

export interface DeliveryDeps {
  deliveryQueries: DeliveryQueries
  attempts: Pick<AttemptStore, 'list'>
  steering: Pick<Steering, 'retry' | 'cancel'>
  persons: Pick<Persons, 'nameOf'>
  catalog: EventCatalog
  workflowLink: WorkflowLink
}

export function deliveryRoutes(deps: DeliveryDeps): Route[] {
  const { deliveryQueries, attempts, steering, persons, catalog, workflowLink } = deps
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
      path: '/v1/deliveries/count',
      scope: 'read',
      tag: 'Deliveries',
      summary: 'Count deliveries',
      description: `Up to ${MOST_COUNTED}: beyond, that there are more.`,
      query: countQuery,
      responses: { 200: { description: 'How many there are.', schema: counted } },
      handle: async ({ tenantId, query }) => {
        const count = await deliveryQueries.count(tenantId, await toDeliveryFilter(catalog, query), MOST_COUNTED + 1)
        return { status: 200, body: { count: Math.min(count, MOST_COUNTED), more: count > MOST_COUNTED } }
      },
    }),
    route({
      method: 'get',
      path: '/v1/deliveries/{id}',
      scope: 'read',
      tag: 'Deliveries',
      summary: 'Look at a delivery and every attempt',
      description: 'Without the scope `data`, bodies and headers of answers are masked: their structure is shown, their values are not.',
      params,
      responses: { 200: { description: 'The delivery.', schema: deliveryWithAttempts } },
      handle: get,
    }),
    route({
      method: 'post',
      path: '/v1/deliveries/{id}/retry',
      scope: 'retry',
      tag: 'Deliveries',
      summary: 'Try a delivery again, or now',
      description:
        'A parked one gets another round of attempts. One that waits between two attempts is attempted now: the rest of the wait is skipped, the count of its attempts is kept. Its webhook\'s limits and `retryAfterUntil` hold all the same. Many calls have one effect; while an attempt is being made, 409.',
      params,
      responses: { 202: { description: 'Another round begins, or the next attempt.', schema: retried } },
      problems: [409],
      handle: async ({ tenantId, keyId, params: { id } }) => {
        const { status, round } = accepted(await steering.retry(tenantId, id, keyId), id, 'Only a delivery that is parked, or waits for its next attempt, can be retried; a held one goes out when its webhook is resumed.')
        return { status: 202, body: { id, status, round } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/deliveries/{id}/cancel',
      scope: 'retry',
      tag: 'Deliveries',
      summary: 'Give a delivery up',
      description:
        'Whatever is not final is cancelled at once, for good. A POST that is in flight in that moment (`attemptUnderWay`) ends and stays on record with its answer, also where that is a success; no other follows.',
      params,
      responses: { 202: { description: 'It will not be attempted again.', schema: cancelled } },
      problems: [409],
      handle: async ({ tenantId, keyId, params: { id } }) => {
        const { attemptUnderWay } = accepted(await steering.cancel(tenantId, id, keyId), id, 'That is final: it cannot be cancelled.')
        return { status: 202, body: { id, status: 'cancelled', ...(attemptUnderWay && { attemptUnderWay }) } }
      },
    }),
  ]

  async function list({ tenantId, query }: Call<unknown, z.output<typeof listQuery>>): Promise<Reply> {
    const { cursor, limit, ...rest } = query
    const { data, nextCursor } = await deliveryQueries.list(tenantId, await toDeliveryFilter(catalog, rest), { cursor, limit })
    const views = data.map(async (delivery) =>
      toDeliveryView(delivery, await catalog.nameOf(delivery.typeId), workflowLink),
    )
    return { status: 200, body: { data: await Promise.all(views), nextCursor } }
  }

  async function get({ tenantId, scopes, params: { id } }: Call<{ id: string }>): Promise<Reply> {
    const delivery = found(await deliveryQueries.get(tenantId, id), 'delivery', id)
    const records = await attempts.list(tenantId, id)
    const view = toDeliveryView(delivery, await catalog.nameOf(delivery.typeId), workflowLink)
    const first = await deliveryQueries.standsBehind(delivery)
    const behind = first && { waitsFor: { deliveryId: first.id, eventId: first.eventId, status: first.status } }
    return { status: 200, body: { ...view, ...behind, ...(await steeredOf(delivery)), attempts: toAttemptViews(delivery, records, new Date(), !seesData(scopes)) } }
  }

  async function steeredOf({ steered }: Delivery): Promise<{ steered?: z.infer<typeof steeredView>[] }> {
    if (!steered) return {}
    const names = new Map(await Promise.all([...new Set(steered.map(({ by }) => by))].map(async (by) => [by, await persons.nameOf(by)] as const)))
    return { steered: steered.map((each) => toSteeredView(each, names.get(each.by))) }
  }
}

const params = z.object({ id: z.string() })

const listQuery = z.strictObject({ ...filterShape, ...paging.shape }).refine(fitsExpiring, misfitOfExpiring)
const countQuery = z.strictObject(filterShape).refine(fitsExpiring, misfitOfExpiring)

/** So that the count costs the same with any number of deliveries. */
const MOST_COUNTED = 10_000
const counted = z.object({ count: z.int(), more: z.boolean().describe('There are more than were counted.') })
named.add(counted, { id: 'DeliveryCount' })

const waitsFor = z.object({ deliveryId: z.string(), eventId: z.string(), status: z.enum(DELIVERY_STATUSES) })

const steeredView = z.object({
  action: z.enum(RELEASE_ACTIONS).describe('`retry` is another round of attempts, or the next one now.'),
  at: time,
  afterAttempt: z.int().describe('The number of the newest attempt then; 0 when there was none.'),
  by: z.object({
    kind: z.enum(['user', 'key', 'link', 'temporal', 'herald']).describe('`temporal`: an operator, by an Update of the workflow; `herald`: what was held when its webhook went on.'),
    id: z.string().describe('Of the user, the API key (`admin`: the admin key) or the portal link.'),
    name: z.string().optional().describe('None of a portal link, and of who is not there any more.'),
  }),
  releaseId: z.string().optional().describe('The release that did it, with many others.'),
})

const deliveryWithAttempts = deliveryView.extend({
  waitsFor: waitsFor
    .optional()
    .describe('The first of its ordering key: this delivery is not attempted before that one is delivered, cancelled or expired. One that is `parked` waits for a retry or a cancel.'),
  steered: z.array(steeredView).optional().describe('What people have done to it, oldest first.'),
  attempts: z.array(attemptView),
})
named.add(deliveryWithAttempts, { id: 'DeliveryWithAttempts' })

const retried = z.object({ id: z.string(), status: z.enum(DELIVERY_STATUSES).describe('`retrying`, or what has become of it already'), round: z.int() })
const cancelled = z.object({
  id: z.string(),
  status: z.literal('cancelled'),
  attemptUnderWay: z.literal(true).optional().describe('A POST was in flight: it may still arrive.'),
})

function toSteeredView({ action, at, posts, by, releaseId }: Steered, name: string | undefined): z.infer<typeof steeredView> {
  const kind = by === 'temporal' || by === 'herald' ? by : by.startsWith('usr_') ? 'user' : by.startsWith('lnk_') ? 'link' : 'key'
  return { action, at: at.toISOString(), afterAttempt: posts, by: { kind, id: by, ...(name !== undefined && { name }) }, ...(releaseId !== undefined && { releaseId }) }
}

type Accepted = Extract<SteeringResult, { kind: 'accepted' }>

function accepted(result: SteeringResult, id: string, rule: string): Accepted {
  if (result.kind === 'accepted') return result
  if (result.kind === 'not found') return found<never>(undefined, 'delivery', id)
  const detail = `The delivery is ${result.status}. ${whyNot(result) ?? rule}`
  throw new Problem('conflict', detail, { members: { currentStatus: result.status } })
}

function whyNot({ attemptUnderWay, isDue, isBehind }: Extract<SteeringResult, { kind: 'not allowed' }>): string | undefined {
  if (attemptUnderWay) return 'An attempt is being made just now: see what comes of it first.'
  if (isBehind) return 'It comes after the others of its ordering key: `waitsFor` names the one to retry or cancel.'
  return isDue ? 'Its next attempt is due already, and comes as soon as its webhook can take it.' : undefined
}
