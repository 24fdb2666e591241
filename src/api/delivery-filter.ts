import { z } from 'zod'
import { DELIVERY_STATUSES } from '../domain/delivery'
import type { EventCatalog } from '../publish/event-catalog'
import { FAILURE_REASONS } from '../domain/outcome'
import { EVENTS_OF_ENTITY, type DeliveryFilter } from '../store/delivery-queries'
import { typeFilter, typeIdOf } from './event-type-filter'
import { instant } from './views'

/** What lists of deliveries can be narrowed by. */
export const filterShape = {
  status: z.enum(DELIVERY_STATUSES, { error: `must be one of ${DELIVERY_STATUSES.join(', ')}; what waits in the queue of its webhook is pending or retrying, and says queued` }).optional(),
  webhookId: z.string().optional(),
  eventId: z.string().optional(),
  entityId: z
    .string()
    .optional()
    .describe(`The entity's ID, \`data.id\` of the event: what belongs to the newest ${EVENTS_OF_ENTITY} events about it between from and to.`),
  type: typeFilter,
  failureReason: z.enum(FAILURE_REASONS).optional().describe('Why the newest attempt failed.'),
  from: instant.describe("The event's time; included."),
  to: instant.describe("The event's time; not included."),
  expiring: z.literal('true').optional().describe('Only parked ones that expire soon.'),
}

interface Expiring {
  expiring?: 'true' | undefined
  status?: string | undefined
}
export const fitsExpiring = ({ expiring, status }: Expiring): boolean => !expiring || !status || status === 'parked'
export const misfitOfExpiring = { path: ['expiring'], message: 'goes with status=parked only' }

const filterOnly = z.object(filterShape)

/** @throws {Problem} when the type is not known. */
export async function toDeliveryFilter(catalog: EventCatalog, given: z.output<typeof filterOnly>): Promise<DeliveryFilter> {
  const { status, webhookId, eventId, entityId, type, failureReason, from, to, expiring } = given
  return {
    status,
    webhookId,
    eventId,
    ...(entityId !== undefined && { entityId }),
    ...(failureReason !== undefined && { failureReason }),
    from,
    to,
    ...(expiring === 'true' && { expiring: true }),
    ...(type !== undefined && { typeId: await typeIdOf(catalog, type) }),
  }
}
