import type { Timing } from './timing'

/** The caller's own event ids are kept as they are; they also become part of workflow ids. */
export const EVENT_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/

/** Bytes of one event's `data`, as JSON in UTF-8. */
export const MAX_EVENT_BYTES = 256 * 1024

export const MAX_BATCH = 1_000

/** How many events one workflow may carry, and the other bounds of a group. */
export const GROUP_LIMITS = {
  events: 100,
  /** Of the ids as JSON: a search attribute's value may have 2,048 bytes in Temporal. */
  idBytes: 2_000,
  deliveries: 1_000,
} as const

/** One occurrence, immutable once journaled. */
export interface HeraldEvent extends Timing {
  id: string
  tenantId: string
  typeId: number
  type: string
  createdAt: Date
  /** The caller's JSON text, byte for byte: `1.10` and 20-digit numbers survive. */
  data: string
  entityId: string
  /** Grows with publish order. None on what was journaled before there were any. */
  sequence?: number
}

/** The bytes that every receiver of the event gets, at every attempt. */
export function envelope(event: HeraldEvent): string {
  const head = JSON.stringify({
    id: event.id,
    type: event.type,
    typeId: event.typeId,
    createdAt: event.createdAt.toISOString(),
    sequence: event.sequence,
  })
  return `${head.slice(0, -1)},"data":${event.data}}`
}
