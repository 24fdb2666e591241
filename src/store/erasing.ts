import { FINAL_STATUSES, type Delivery } from '../domain/delivery'
import type { Erasure, ErasureCounts } from '../domain/erasure'
import { attemptKey, eventKey } from '../domain/ids'
import { toDelivery } from './deliveries'
import { NOT_PARKED } from './delivery-moves'
import type { Models } from './models'
import type { DeliveryRecord, EventRecord } from './records'
import { scoped } from './scope'
import { SCHEDULE } from './schedule'

/** What an erasure does to records. All of it may be done again, after a crash at any point. */
export interface ErasingStore {
  /** How many events there are about the entity now. */
  count: (tenantId: string, entityId: string) => Promise<number>
  /** The next events that it is about, oldest first. */
  next: (erasure: Erasure, limit: number) => Promise<ErasedEvent[]>
  /** Takes their data away; before that, those that wait for their time are taken out of the schedule. Answers those that are done. */
  blank: (erasure: Erasure, eventIds: string[]) => Promise<string[]>
  /** The same of what never gets deliveries, since its data cannot be opened. */
  blankUnopened: (erasure: Erasure, eventIds: string[]) => Promise<string[]>
  /** Those whose data it has taken, of which its cursor knows nothing yet: a page at most. */
  blanked: (erasure: Erasure) => Promise<string[]>
  /** Whatever is not final of deliveries of erased events is given up. */
  cancel: (tenantId: string, eventIds: string[]) => Promise<void>
  deliveriesOf: (tenantId: string, eventIds: string[]) => Promise<Delivery[]>
  /** Takes the answers to these deliveries away. */
  blankAnswers: (tenantId: string, deliveries: Delivery[]) => Promise<void>
  /** What there is of them, by the records. */
  tally: (tenantId: string, events: number, deliveries: Delivery[]) => Promise<ErasureCounts>
  /** Which of these events are erased. */
  erased: (tenantId: string, eventIds: string[]) => Promise<Set<string>>
}

export interface ErasedEvent {
  eventId: string
  createdAt: Date
  /** Where a walk goes on after it. */
  cursor: string
}

const BY_ENTITY = { tenantId: 1, entityId: 1, createdAt: -1, _id: -1 } as const
const BY_EVENT = { tenantId: 1, eventId: 1 } as const
const BY_KEY = { _id: 1 } as const
/** Their keys must fit into one command. */
const ATTEMPTS_AT_ONCE = 10_000

export function createErasingStore({ hot: { events, deliveries, attempts } }: Models): ErasingStore {
  const keys = (tenantId: string, ids: string[]) => scoped(tenantId, { _id: { $in: ids.map((id) => eventKey(tenantId, id)) } })

  async function doneOf(erasure: string, tenantId: string, eventIds: string[]): Promise<string[]> {
    const done = await events.find({ ...keys(tenantId, eventIds), erasure }, { hint: BY_KEY, projection: { eventId: 1 } }).toArray()
    return done.map(({ eventId }) => eventId)
  }

  async function eachPart(all: Delivery[], work: (ids: string[]) => Promise<void>): Promise<void> {
    const ids = all.flatMap(({ id, posts }) => Array.from({ length: posts }, (_, i) => attemptKey(id, i + 1)))
    for (let from = 0; from < ids.length; from += ATTEMPTS_AT_ONCE) await work(ids.slice(from, from + ATTEMPTS_AT_ONCE))
  }

  return {
    count: (tenantId, entityId) => events.countDocuments(scoped(tenantId, { entityId, erasedAt: { $exists: false } }), { hint: BY_ENTITY }),
    next: async ({ id, tenantId, entityId, createdAt, cursor }, limit) => {
      const mine = { $or: [{ erasedAt: { $exists: false } }, { erasure: id }] }
      const found = await events
        .find(scoped(tenantId, { entityId, createdAt: { $lt: createdAt }, $and: [mine, ...(cursor === undefined ? [] : [laterThan(cursor)])] }), { hint: BY_ENTITY, projection: { eventId: 1, createdAt: 1 } })
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit)
        .toArray()
      return found.map((event) => ({ eventId: event.eventId, createdAt: event.createdAt, cursor: cursorOf(event) }))
    },
    blank: async ({ id, tenantId }, eventIds) => {
      const now = new Date()
      await events.updateMany({ ...keys(tenantId, eventIds), starter: SCHEDULE, leaseUntil: { $exists: true } }, { $set: { cancelledAt: now }, $unset: { leaseUntil: '' } }, { hint: BY_KEY })
      // What is about to be dispatched gets its deliveries first: they are cancelled then.
      const settled = { $or: [{ dispatchedAt: { $exists: true } }, { cancelledAt: { $exists: true } }] }
      await events.updateMany(
        { ...keys(tenantId, eventIds), ...settled, erasedAt: { $exists: false } },
        { $set: { erasedAt: now, erasure: id }, $unset: { data: '', hash: '' } },
        { hint: BY_KEY },
      )
      return doneOf(id, tenantId, eventIds)
    },
    blankUnopened: async ({ id, tenantId }, eventIds) => {
      const now = new Date()
      await events.updateMany(
        { ...keys(tenantId, eventIds), dispatchedAt: { $exists: false }, erasedAt: { $exists: false } },
        { $set: { cancelledAt: now, erasedAt: now, erasure: id }, $unset: { data: '', hash: '', leaseUntil: '' } },
        { hint: BY_KEY },
      )
      return doneOf(id, tenantId, eventIds)
    },
    blanked: async ({ id, tenantId, entityId, cursor }) => {
      const mine = scoped(tenantId, { entityId, erasure: id, ...(cursor !== undefined && { $and: [laterThan(cursor)] }) })
      const found = await events.find(mine, { hint: BY_ENTITY, projection: { eventId: 1 } }).toArray()
      return found.map(({ eventId }) => eventId)
    },
    cancel: async (tenantId, eventIds) => {
      const open = { ...scoped(tenantId, { eventId: { $in: eventIds } }), status: { $nin: [...FINAL_STATUSES] } }
      await deliveries.updateMany(open, CANCEL, { hint: BY_EVENT })
    },
    deliveriesOf: async (tenantId, eventIds) =>
      (await deliveries.find(scoped(tenantId, { eventId: { $in: eventIds } }), { hint: BY_EVENT, projection: { parkings: 0 } }).toArray()).map(toDelivery),
    blankAnswers: async (tenantId, all) => {
      // A signature is over the body: with the webhook's secret, a short one could be guessed by it.
      const gone = { 'response.headers': '', 'response.body': '', 'response.sealed': '', 'request.headers.webhook-signature': '' } as const
      const update = { $set: { erasedAt: new Date() }, $unset: gone }
      await eachPart(all, async (ids) => {
        await attempts.updateMany({ ...scoped(tenantId, { _id: { $in: ids } }), erasedAt: { $exists: false } }, update, { hint: BY_KEY })
      })
    },
    tally: async (tenantId, eventCount, all) => {
      const posted: Record<string, number> = {}
      // A receiver that answered 500, or nothing in time, may have read the body.
      for (const { webhookId, posts } of all) if (posts > 0) posted[webhookId] = (posted[webhookId] ?? 0) + 1
      let found = 0
      await eachPart(all, async (ids) => {
        found += await attempts.countDocuments(scoped(tenantId, { _id: { $in: ids }, erasedAt: { $exists: true } }), { hint: BY_KEY })
      })
      const cancelled = all.filter(({ cancelledReason }) => cancelledReason === 'event erased').length
      return { events: eventCount, deliveries: all.length, cancelled, attempts: found, posted }
    },
    erased: async (tenantId, eventIds) => {
      const found = await events.find({ ...keys(tenantId, eventIds), erasedAt: { $exists: true } }, { hint: BY_KEY, projection: { eventId: 1 } }).toArray()
      return new Set(found.map(({ eventId }) => eventId))
    },
  }
}

/** Whoever has it in hand is told: its workflow, where it is not in a queue. A token stays: by it a POST in flight is known. */
const CANCEL: object[] = [
  {
    $set: {
      status: 'cancelled',
      cancelledReason: 'event erased',
      updatedAt: '$$NOW',
      untold: {
        $cond: [
          { $eq: ['$status', 'parked'] },
          'cancel',
          { $cond: [{ $eq: ['$status', 'held'] }, '$$REMOVE', { $cond: [{ $eq: ['$queue', 'waiting'] }, '$untold', 'handedOn'] }] },
        ],
      },
    },
  },
  { $unset: ['nextAttemptAt', 'queue', ...(Object.keys(NOT_PARKED) as (keyof DeliveryRecord)[])] },
]

const cursorOf = ({ createdAt, _id }: Pick<EventRecord, 'createdAt' | '_id'>): string => `${createdAt.toISOString()} ${_id}`

function laterThan(cursor: string): object {
  const [time = '', id = ''] = cursor.split(' ')
  const createdAt = new Date(time)
  return { createdAt: { $gte: createdAt }, $or: [{ createdAt: { $gt: createdAt } }, { _id: { $gt: id } }] }
}
