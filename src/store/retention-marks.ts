import { FINAL_STATUSES } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { attemptKey, eventKey } from '../domain/ids'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { scoped } from './scope'

/**
 * When an event leaves, and then its deliveries and attempts. For as long as it stands their records
 * do: without these, publishing it again would deliver it again.
 */
export interface Leave {
  event: Date
  records: Date
  /** Nothing is marked after this, by MongoDB's clock: too much may have changed since it was decided. */
  markBefore: Date
}

/** How many records were marked. */
export interface Marked {
  events: number
  deliveries: number
  attempts: number
}

/** Marks what leaves: MongoDB's TTL monitor removes it once the time of its mark has come. */
export interface RetentionMarks {
  /**
   * Marks attempts first, the event last: whoever begins again after a crash finds what is left to be
   * marked, and gives all of it one time again.
   * @throws {Error} when it is too late to mark them all.
   */
  mark: (tenantId: string, eventIds: string[], leave: Leave) => Promise<Marked>
  /** Takes all marks away. What is left of an event that has left already keeps its own, and leaves too. */
  unmark: (tenantId: string, eventIds: string[], lookAgainAt: Date) => Promise<void>
  /** They stay until their next look. */
  postpone: (tenantId: string, stays: { eventId: string; lookAgainAt: Date }[]) => Promise<void>
  /** Every event of a tenant, or of some entities, that is marked or has marked deliveries, page by page. */
  marked: (tenantId: string, entityIds: string[] | undefined, size: number) => AsyncIterable<string[]>
}

const DELIVERIES_AT_ONCE = 500
/** Their keys must fit into one command. */
const ATTEMPTS_AT_ONCE = 10_000

/** MongoDB would now and then choose another index, for what it has seen of its data so far. */
const BY_KEY = { hint: { _id: 1 } } as const
const BY_EVENT = { hint: { tenantId: 1, eventId: 1 } } as const

type Named = Pick<DeliveryRecord, '_id' | 'posts'>

export function createRetentionMarks({ hot: { events, deliveries, attempts } }: Models): RetentionMarks {
  const keys = (tenantId: string, ids: string[]) =>
    scoped(tenantId, { _id: { $in: ids.map((id) => eventKey(tenantId, id)) } })

  /** Goes over the deliveries of events in parts, however many webhooks an event went to. */
  async function inParts(tenantId: string, eventIds: string[], work: (part: Named[]) => Promise<void>): Promise<void> {
    const all = deliveries.find(scoped(tenantId, { eventId: { $in: eventIds } }), BY_EVENT).project<Named>({ posts: 1 })
    let part: Named[] = []
    for await (const delivery of all) {
      if (part.push(delivery) < DELIVERIES_AT_ONCE) continue
      await work(part)
      part = []
    }
    if (part.length > 0) await work(part)
  }

  /** Answers how many changed. */
  async function updateAttempts(tenantId: string, part: Named[], filter: object, update: object): Promise<number> {
    const ids = part.flatMap(({ _id, posts }) => Array.from({ length: posts }, (_, i) => attemptKey(_id, i + 1)))
    let changed = 0
    for (let from = 0; from < ids.length; from += ATTEMPTS_AT_ONCE) {
      const _id = { $in: ids.slice(from, from + ATTEMPTS_AT_ONCE) }
      changed += (await attempts.updateMany({ ...scoped(tenantId, { _id }), ...filter }, update, BY_KEY)).modifiedCount
    }
    return changed
  }

  const idsOf = (part: Named[]) => ({ _id: { $in: part.map(({ _id }) => _id) } })

  async function mark(tenantId: string, eventIds: string[], leave: Leave): Promise<Marked> {
    const inTime = { $expr: { $lt: ['$$NOW', leave.markBefore] } }
    const update = { $set: { removeAt: leave.records } }
    const count = { events: 0, deliveries: 0, attempts: 0 }
    await inParts(tenantId, eventIds, async (part) => {
      count.attempts += await updateAttempts(tenantId, part, inTime, update)
      const final = { ...scoped(tenantId, idsOf(part)), ...inTime, status: { $in: [...FINAL_STATUSES] } }
      count.deliveries += (await deliveries.updateMany(final, update, BY_KEY)).modifiedCount
    })
    const { matchedCount, modifiedCount } = await events.updateMany(
      { ...keys(tenantId, eventIds), ...inTime, $or: [{ dispatchedAt: { $exists: true } }, { cancelledAt: { $exists: true } }] },
      { $set: { removeAt: leave.event }, $unset: { lookAgainAt: '' } },
      BY_KEY,
    )
    if (matchedCount < eventIds.length) throw new Error('not all of a page of finished events could be marked in time')
    return { ...count, events: modifiedCount }
  }

  async function unmark(tenantId: string, eventIds: string[], lookAgainAt: Date): Promise<void> {
    if (eventIds.length === 0) return
    const update = { $unset: { removeAt: '' } } as const
    // Those that stand do not leave from here on; should this end now, they are looked at again at once.
    await events.updateMany(keys(tenantId, eventIds), { ...update, $set: { lookAgainAt: new Date() } }, BY_KEY)
    const standing = (await events.find(keys(tenantId, eventIds), { ...BY_KEY, projection: { eventId: 1 } }).toArray()).map(({ eventId }) => eventId)
    await inParts(tenantId, standing, async (part) => {
      await updateAttempts(tenantId, part, {}, update)
      await deliveries.updateMany(scoped(tenantId, idsOf(part)), update, BY_KEY)
    })
    await events.updateMany(keys(tenantId, standing), { $set: { lookAgainAt } }, BY_KEY)
  }

  return {
    mark,
    unmark,
    postpone: async (tenantId, stays) => {
      if (stays.length === 0) return
      const alike = groupBy(stays, ({ lookAgainAt }) => lookAgainAt.getTime())
      const updates = [...alike].map(([time, group]) => ({
        updateMany: {
          filter: keys(tenantId, group.map(({ eventId }) => eventId)),
          update: { $set: { lookAgainAt: new Date(time) } },
          ...BY_KEY,
        },
      }))
      await events.bulkWrite(updates, { ordered: false })
    },
    marked: async function* (tenantId, entityIds, size) {
      const filter = { ...scoped(tenantId, entityIds ? { entityId: { $in: entityIds } } : {}), removeAt: { $exists: true } }
      // Reads no more than what is marked, and so leaves soon; by itself MongoDB may go over all of a tenant.
      const inTurn = { hint: { removeAt: 1 }, projection: { _id: 0, eventId: 1 } } as const
      yield* inPages(events.find(filter, inTurn), size)
      // A process may have ended before it came to the event.
      yield* inPages(deliveries.find(filter, inTurn), size)
    },
  }
}

async function* inPages(found: AsyncIterable<{ eventId: string }>, size: number): AsyncIterable<string[]> {
  const page = new Set<string>()
  for await (const { eventId } of found) {
    if (page.add(eventId).size < size) continue
    yield [...page]
    page.clear()
  }
  if (page.size > 0) yield [...page]
}
