import { createHash, randomBytes } from 'node:crypto'
import { decodeTime, encodeTime, monotonicFactory } from 'ulid'

const ulid = monotonicFactory()

const PREFIXES = { event: 'evt', webhook: 'whk', release: 'rel', apiKey: 'key', user: 'usr', link: 'lnk', erasure: 'ers', approval: 'apr', view: 'vew' } as const

/** A new id such as `evt_01k…`: sortable by time, unique without coordination (ULID). */
export function newId(kind: keyof typeof PREFIXES): string {
  return `${PREFIXES[kind]}_${ulid().toLowerCase()}`
}

/** When an id was made. */
export const madeAt = (id: string): Date => new Date(decodeTime(id.slice(id.indexOf('_') + 1).toUpperCase()))

/** Of what is sent only to try an endpoint: no event has it. */
export const newTestId = (): string => `test_${ulid().toLowerCase()}`

/** Of a challenge, which is no event either. */
export const newVerificationId = (): string => `ver_${ulid().toLowerCase()}`

/** A claim on one POST, unguessable and never shown. */
export const newToken = (): string => randomBytes(12).toString('base64url')

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * The id of an event's delivery to a webhook: a ULID whose random part is a hash, so that whoever
 * writes the record again writes the same record.
 */
export function deliveryId(tenantId: string, eventId: string, createdAt: Date, webhookId: string): string {
  const hash = createHash('sha256').update(`${tenantId}/${eventId}/${webhookId}`).digest()
  const random = Array.from({ length: 16 }, (_, i) => CROCKFORD[(hash[i] ?? 0) % 32]).join('')
  return `dlv_${encodeTime(createdAt.getTime(), 10).toLowerCase()}${random}`
}

/** Publish order within a millisecond, as far as it tells: MongoDB's count of the inserts of a second. */
const ORDER_RANGE = 2 ** 20

/** The id of a delivery that a replay makes: that of no other, and the same whoever makes it again. They sort in publish order. */
export function replayDeliveryId(event: { tenantId: string; id: string; createdAt: Date; sequence?: number }, releaseId: string): string {
  const { tenantId, id, createdAt, sequence = 0 } = event
  const hash = createHash('sha256').update(`${tenantId}/${id}/${releaseId}`).digest()
  const random = Array.from({ length: 12 }, (_, i) => CROCKFORD[(hash[i] ?? 0) % 32]).join('')
  const order = encodeTime(sequence % ORDER_RANGE, 4).toLowerCase()
  return `dlv_${encodeTime(createdAt.getTime(), 10).toLowerCase()}${order}${random}`
}

const ULID_MAX_MS = 2 ** 48 - 1

/** Every delivery of an event from `time` on has this id or a later one. */
export function firstDeliveryId(time: Date): string {
  const ms = Math.min(Math.max(time.getTime(), 0), ULID_MAX_MS)
  return `dlv_${encodeTime(ms, 10).toLowerCase()}`
}

/** The key of an event's record: ids are unique within a tenant only. */
export const eventKey = (tenantId: string, eventId: string): string => `${tenantId}/${eventId}`

/** The key of a legal hold: one for each entity of a tenant. */
export const legalHoldKey = (tenantId: string, entityId: string): string => `${tenantId}/${entityId}`

/** The key of one of a tenant's data keys. */
export const dataKeyId = (tenantId: string, number: number): string => `${tenantId}/${number}`

/** The key of an attempt's record. */
export const attemptKey = (deliveryId: string, number: number): string => `${deliveryId}/${number}`

const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16)

/** The event id of what Herald reports: whoever reports the same again gives it the same id. */
export const noticeId = (type: string, key: string): string =>
  `ops_${createHash('sha256').update(`${type}/${key}`).digest('hex').slice(0, 32)}`

/** `event/<tenant>/<event id>` for one event; for more, the first id and a hash of the members. */
export function deliverWorkflowId(tenantId: string, eventIds: string[]): string {
  const [first = ''] = eventIds
  if (eventIds.length === 1) return `event/${tenantId}/${first}`
  return `events/${tenantId}/${first}+${shortHash(eventIds.join(','))}`
}

/** A workflow that takes over deliveries whose workflow `lostWorkflowId` is gone. */
export function adoptWorkflowId(tenantId: string, deliveryIds: string[], lostWorkflowId: string): string {
  const [first = ''] = deliveryIds
  return `adopt/${tenantId}/${first}+${shortHash([lostWorkflowId, ...deliveryIds].join(','))}`
}

/** A new workflow for events whose workflow `lostWorkflowId` ended before it had dispatched them. */
export function restartWorkflowId(tenantId: string, eventIds: string[], lostWorkflowId: string): string {
  const [first = ''] = eventIds
  return `events/${tenantId}/${first}+${shortHash([lostWorkflowId, ...eventIds].join(','))}`
}

/** The workflow that carries a release out. */
export const releaseWorkflowId = (tenantId: string, releaseId: string): string => `release/${tenantId}/${releaseId}`

/** The workflow that carries an erasure out. */
export const eraseWorkflowId = (tenantId: string, erasureId: string): string => `erase/${tenantId}/${erasureId}`

/** The workflow that works off the webhook's queue. */
export const drainWorkflowId = (tenantId: string, webhookId: string): string => `drain/${tenantId}/${webhookId}`

/** Such a workflow heeds no wishes for single deliveries. */
export const isDrainWorkflowId = (workflowId: string): boolean => workflowId.startsWith('drain/')
