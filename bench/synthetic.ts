import pLimit from 'p-limit'
import { attemptKey, deliveryId, eventKey } from '../src/domain/ids'
import type { AttemptRecord } from '../src/store/attempts'
import type { StoreConnection } from '../src/store/connect'
import type { DeliveryRecord, EventRecord } from '../src/store/records'
import { toBeNumbered } from '../src/store/sequence'
import { eventData, eventId } from './actors/event'

/** Records in the stores' own shapes, as a bank has them after some time: an event, its delivery, its only attempt. */
export interface Synthetic {
  tenantId: string
  /** In turn. */
  webhookIds: readonly string[]
  /** In turn; the type 5 where none are given. */
  typeIds?: readonly number[]
  prefix: string
  /** The number of the first; 0 when not given. */
  from?: number
  count: number
  /** Every second one is parked and the others delivered, or all are parked, or all are delivered. */
  parked: 'all' | 'every second' | 'none'
  /** Of the newest; each further one is a moment older. */
  newest: Date
  /** Whose workflow the parked ones name; each has one of its own, which does not run, when not given. */
  workflowId?: string
  /** How many events share an entity. */
  eventsPerEntity?: number
  /** From one to the next older one; `STEP_MS` when not given. */
  stepMs?: number
  /** What else is so of the delivery with that number. */
  shape?: (i: number) => Partial<DeliveryRecord>
}

const AT_ONCE = 2_000
const WRITES = 3
export const STEP_MS = 20
const DAY_MS = 86_400_000

/** Far faster than the real way, and indexed the same. */
export async function writeSynthetic({ models: { hot } }: StoreConnection, synthetic: Synthetic): Promise<void> {
  const limit = pLimit(WRITES)
  const pages = Array.from({ length: Math.ceil(synthetic.count / AT_ONCE) }, (_, page) => page * AT_ONCE)
  const options = { ordered: false, writeConcern: { w: 1 } } as const
  await Promise.all(
    pages.map((from) =>
      limit(async () => {
        const size = Math.min(AT_ONCE, synthetic.count - from)
        const records = Array.from({ length: size }, (_, i) => recordsOf(synthetic, (synthetic.from ?? 0) + from + i))
        await hot.events.insertMany(records.map(({ event }) => event), options)
        await hot.deliveries.insertMany(records.map(({ delivery }) => delivery), options)
        await hot.attempts.insertMany(records.map(({ attempt }) => attempt), options)
      }),
    ),
  )
}

function recordsOf(synthetic: Synthetic, i: number): { event: EventRecord; delivery: DeliveryRecord; attempt: AttemptRecord } {
  const { tenantId, webhookIds, typeIds = [5], prefix, parked, newest, eventsPerEntity = 1, stepMs = STEP_MS, shape } = synthetic
  const id = eventId(prefix, i)
  const createdAt = new Date(newest.getTime() - i * stepMs)
  const webhookId = webhookIds[i % webhookIds.length] ?? ''
  // Every webhook has both.
  const isParked = parked === 'all' || (parked === 'every second' && Math.floor(i / webhookIds.length) % 2 === 0)
  const workflowId = (isParked && synthetic.workflowId) || `event/${tenantId}/${id}`
  const about = {
    tenantId,
    // Every webhook gets every type.
    typeId: typeIds[Math.floor(i / webhookIds.length) % typeIds.length] ?? 5,
    entityId: `txn-${prefix}-${Math.floor(i / eventsPerEntity)}`,
    createdAt,
  }
  const status = isParked ? 500 : 200
  const key = deliveryId(tenantId, id, createdAt, webhookId)
  return {
    event: {
      ...about,
      _id: eventKey(tenantId, id),
      eventId: id,
      type: `TYPE ${about.typeId}`,
      data: eventData(id),
      hash: 'synthetic',
      sequence: toBeNumbered(),
      starter: 'synthetic',
      workflowId,
      dispatchedAt: createdAt,
    },
    delivery: {
      ...about,
      _id: key,
      eventId: id,
      webhookId,
      status: isParked ? 'parked' : 'delivered',
      round: 0,
      posts: 1,
      postsBeforeRound: 0,
      intents: [createdAt],
      workflowId,
      updatedAt: createdAt,
      lastOutcome: {
        at: createdAt,
        attempt: 1,
        status,
        ...(isParked ? { kind: 'failed' as const, reason: 'status' as const, detail: 'Answered 500' } : { kind: 'delivered' as const }),
      },
      ...(isParked && i % 100 === 0 && { expiryNoticedAt: createdAt }),
      ...(isParked && { parkedAt: createdAt, parkedReason: 'attempts exhausted' as const, expiresAt: new Date(createdAt.getTime() + 30 * DAY_MS) }),
      ...shape?.(i),
    },
    attempt: {
      _id: attemptKey(key, 1),
      tenantId,
      deliveryId: key,
      number: 1,
      startedAt: createdAt,
      durationMs: 5,
      request: { url: 'https://bank.example/hook', headers: { 'content-type': 'application/json', 'webhook-id': id, 'herald-attempt': '1' } },
      response: { status, headers: { date: createdAt.toUTCString() }, body: '', truncated: false },
      outcome: isParked ? { kind: 'failed', reason: 'status', detail: 'Answered 500', status } : { kind: 'delivered', status },
    },
  }
}
