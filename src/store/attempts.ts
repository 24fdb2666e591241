import type { mongo } from 'mongoose'
import type { DataKey } from '../domain/data-key'
import type { Outcome } from '../domain/outcome'
import { attemptKey } from '../domain/ids'
import type { Models } from './models'
import { scoped } from './scope'
import { toBeNumbered } from './sequence'
import { keep, type Kept, type Vaults } from './vaults'

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
  response?: AttemptAnswer
  outcome: Outcome
}

export interface AttemptAnswer {
  status: number
  headers: Record<string, string>
  body: string
  truncated: boolean
}

/** What a receiver has answered may have of a customer's data: headers and body are sealed, as JSON. */
interface SealedAnswer extends Pick<AttemptAnswer, 'status' | 'truncated'> {
  sealed: Kept
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
  /** Its answer is gone: what it was about was erased. */
  erasedAt?: Date
  removeAt?: Date
}

/** As it stands in MongoDB; those from before there were data keys have the answer as it came. */
export type StoredAttempt = Omit<AttemptRecord, 'response'> & { response?: AttemptAnswer | SealedAnswer }

export interface AttemptStore {
  list: (tenantId: string, deliveryId: string) => Promise<AttemptRecord[]>
}

export function createAttemptStore({ attempts }: Models, vaults: Vaults): AttemptStore {
  async function open({ response, ...attempt }: StoredAttempt): Promise<AttemptRecord> {
    // Of an erased answer there is nothing but that it was one.
    if (!response || attempt.erasedAt) return attempt
    if (!('sealed' in response)) return { ...attempt, response }
    const { sealed, ...rest } = response
    const text = await vaults.open(attempt.tenantId, sealed, answerContext(attempt.tenantId, attempt._id))
    return { ...attempt, response: { ...rest, ...(JSON.parse(text) as Pick<AttemptAnswer, 'headers' | 'body'>) } }
  }

  return {
    list: async (tenantId, deliveryId) => {
      // '0' follows '/', so that this is every key of the delivery.
      const ofDelivery = { _id: { $gt: `${deliveryId}/`, $lt: `${deliveryId}0` } }
      const records = await attempts.find(scoped(tenantId, ofDelivery)).lean<StoredAttempt[]>()
      return Promise.all(records.toSorted((a, b) => a.number - b.number).map(open))
    },
  }
}

/** To which an attempt's answer is bound. */
const answerContext = (tenantId: string, id: string): string => `${tenantId}/${id}/answer`

/** The attempt with its answer sealed, where there is a key to seal it with. */
export function sealedAttempt({ response, ...attempt }: AttemptRecord, key: DataKey | undefined): StoredAttempt {
  if (!response || !key) return { ...attempt, ...(response && { response }) }
  const { headers, body, ...rest } = response
  return { ...attempt, response: { ...rest, sealed: keep(key, JSON.stringify({ headers, body }), answerContext(attempt.tenantId, attempt._id)) } }
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
