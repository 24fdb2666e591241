import { deliveryId, eventKey } from '../../src/domain/ids'
import { eventId } from '../actors/event'
import { STEP_MS } from '../synthetic'

/** What was written into the stores. */
export interface Filled {
  tenantId: string
  prefix: string
  webhookIds: string[]
  typeIds: number[]
  count: number
  newest: Date
  eventsPerEntity: number
}

/** Every list that the API offers over what grows, and each of its filters; first pages, and some from the middle. */
export function lists(filled: Filled): Map<string, string> {
  const { typeIds, webhookIds, prefix, count, eventsPerEntity } = filled
  const middle = Math.floor(count / 2)
  const webhook = `webhookId=${webhookIds[0]}`
  const type = `type=${typeIds[0]}`
  const times = `from=${timeOf(filled, middle + 500).toISOString()}&to=${timeOf(filled, middle).toISOString()}`
  const deliveries = {
    'all of them': '',
    'by status': 'status=parked',
    'by webhook': webhook,
    'by webhook and status': `${webhook}&status=delivered`,
    'by type': type,
    'by type and status': `${type}&status=parked`,
    'by webhook and type': `${webhook}&${type}`,
    'by webhook, type and status': `${webhook}&${type}&status=parked`,
  }
  const queries = Object.entries(deliveries).flatMap(([name, query]) => [
    [`deliveries, ${name}`, `/v1/deliveries?${query}`],
    [`deliveries, ${name}, deep`, `/v1/deliveries?${query}&cursor=${cursor(deliveryAt(filled, middle))}`],
    [`deliveries, ${name}, in a time`, `/v1/deliveries?${query}&${times}`],
  ])
  const event = eventId(prefix, middle)
  const entity = `entityId=txn-${prefix}-${Math.floor(middle / eventsPerEntity)}`
  const deepEvent = cursor(`${timeOf(filled, middle).toISOString()} ${eventKey(filled.tenantId, event)}`)
  return new Map([
    ...(queries as [string, string][]),
    ['deliveries, by event', `/v1/deliveries?eventId=${event}`],
    ['deliveries, by event and status', `/v1/deliveries?eventId=${event}&status=parked`],
    ['deliveries, expiring', '/v1/deliveries?expiring=true'],
    ['a delivery', `/v1/deliveries/${deliveryAt(filled, middle)}`],
    ['events, all of them', '/v1/events'],
    ['events, all of them, deep', `/v1/events?cursor=${deepEvent}`],
    ['events, in a time', `/v1/events?${times}`],
    ['events, by type', `/v1/events?${type}`],
    ['events, by type, deep', `/v1/events?${type}&cursor=${deepEvent}`],
    ['events, by entity', `/v1/events?${entity}`],
    ['events, by entity and type', `/v1/events?${entity}&${type}`],
    ['an event', `/v1/events/${event}`],
    ['webhooks', '/v1/webhooks'],
    ['releases', '/v1/releases'],
  ])
}

const timeOf = ({ newest }: Filled, i: number): Date => new Date(newest.getTime() - i * STEP_MS)

const deliveryAt = (filled: Filled, i: number): string =>
  deliveryId(filled.tenantId, eventId(filled.prefix, i), timeOf(filled, i), filled.webhookIds[i % filled.webhookIds.length] ?? '')

const cursor = (key: string): string => Buffer.from(key).toString('base64url')
