/** `refused` where a legal hold stands, or has come meanwhile: what was erased until then is gone. */
export const ERASURE_STATUSES = ['running', 'finished', 'refused'] as const
export type ErasureStatus = (typeof ERASURE_STATUSES)[number]

export interface ErasureCounts {
  events: number
  deliveries: number
  /** Of the deliveries, those that were not final, and are given up. */
  cancelled: number
  attempts: number
  /** Deliveries that were POSTed before, whatever came of it, by webhook: nobody can take them back. */
  posted: Record<string, number>
}

/** A durable job that removes the data of all events about one entity, and what was answered to them. */
export interface Erasure {
  id: string
  tenantId: string
  /** `data.id` of the events. */
  entityId: string
  reason?: string
  status: ErasureStatus
  /** Events that were there when it began. */
  total: number
  /** Of what it is done with. */
  counts: ErasureCounts
  /** Time and key of the last event that it is done with. */
  cursor?: string
  /** Events that are published later are not its business. */
  createdAt: Date
  createdBy: string
  updatedAt: Date
  endedAt?: Date
}

export const nothingErased = (): ErasureCounts => ({ events: 0, deliveries: 0, cancelled: 0, attempts: 0, posted: {} })

export function addErased(a: ErasureCounts, b: ErasureCounts): ErasureCounts {
  const posted = { ...a.posted }
  for (const [webhookId, count] of Object.entries(b.posted)) posted[webhookId] = (posted[webhookId] ?? 0) + count
  return {
    events: a.events + b.events,
    deliveries: a.deliveries + b.deliveries,
    cancelled: a.cancelled + b.cancelled,
    attempts: a.attempts + b.attempts,
    posted,
  }
}
