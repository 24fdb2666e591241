import type { mongo } from 'mongoose'
import type { Outcome } from '../domain/outcome'
import { attemptKey } from '../domain/ids'
import type { Models } from './models'
import { scoped } from './scope'
import { toBeNumbered } from './sequence'

/** A connection that stood has no steps of connecting; what did not come so far has none of what comes later. */
export interface AttemptTiming {
  tokenMs?: number
  dnsMs?: number
  connectMs?: number
  tlsMs?: number
  waitMs?: number
  bodyMs?: number
}

/** What a POST sent and what came back, as people may see it: no credentials, 16 KiB of the answer. */
export interface AttemptExchange {
  startedAt: Date
  durationMs: number
  /** Where the time went, in ms; none of attempts from before it was kept. */
  timing?: AttemptTiming
  request: { url: string; headers: Record<string, string> }
  response?: { status: number; headers: Record<string, string>; body: string; truncated: boolean }
  outcome: Outcome
}

/** What is counted of an attempt besides its exchange. Those from before it was counted have none of it. */
export interface CountedAs {
  webhookId?: string
  /** Since the event was accepted, or was due: only of what was delivered, and by no replay. */
  arrivedAfterMs?: number
}

/** The record of one POST. Its intent is the delivery's `intents[number - 1]`. */
export interface AttemptRecord extends AttemptExchange, CountedAs {
  /** Delivery and number. */
  _id: string
  tenantId: string
  deliveryId: string
  number: number
  /** MongoDB's own time of the insert: no clock of ours says in which minute it is counted. */
  recordedAt?: mongo.Timestamp
  removeAt?: Date
}

export interface AttemptStore {
  list: (tenantId: string, deliveryId: string) => Promise<AttemptRecord[]>
}

export function createAttemptStore({ attempts }: Models): AttemptStore {
  return {
    list: async (tenantId, deliveryId) => {
      // '0' follows '/', so that this is every key of the delivery.
      const ofDelivery = { _id: { $gt: `${deliveryId}/`, $lt: `${deliveryId}0` } }
      const records = await attempts.find(scoped(tenantId, ofDelivery)).lean<AttemptRecord[]>()
      return records.toSorted((a, b) => a.number - b.number)
    },
  }
}

/** The record of a delivery's POST number `number`. */
export function attemptRecord(
  tenantId: string,
  deliveryId: string,
  number: number,
  exchange: AttemptExchange,
  counted: CountedAs = {},
): AttemptRecord {
  return { _id: attemptKey(deliveryId, number), tenantId, deliveryId, number, ...exchange, ...counted, recordedAt: toBeNumbered() }
}
