import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { orderingKeyOf } from '../domain/ordering'
import { isAhead, timingOf } from '../domain/timing'
import { duplicateIndexes, isStoreAway, StoreAway } from './errors'
import type { Models } from './models'
import type { EventRecord } from './records'
import { createNumbers } from './numbers'
import { scoped } from './scope'
import { SCHEDULE } from './schedule'
import { toBeNumbered, toSequence } from './sequence'
import { fingerprintOf, keep, type Vaults } from './vaults'
import type { DataKey } from '../domain/data-key'

/** An event to be journaled, with the hash over its type and bytes. */
export interface NewEvent extends Omit<HeraldEvent, 'sequence'> {
  hash: string
  /** It waits in the journal for its `deliverAt`; until then nobody has it. */
  scheduled?: boolean
}

/** `added` false: the id was journaled before, and `event` is what stands there. */
export interface Journaled {
  added: boolean
  /** What stands has the same type and bytes. */
  same: boolean
  event: NewEvent
  workflowId?: string
  /** The workflow's delivery records are responsible for it. */
  dispatched?: boolean
  /** Somebody else is about to start it. */
  leased?: boolean
  /** It stands, and will not be delivered. */
  cancelledAt?: Date
}

export interface Lease {
  starter: string
  until: Date
  /** The workflow that brought the event, when one did. */
  workflowId?: string
}

/** An event whose starter is gone, or whose workflow has not dispatched it in time. */
export interface Overdue {
  event: HeraldEvent
  workflowId?: string
}

/** Events whose deliveries have all been written down by a workflow. */
export interface Dispatched {
  tenantId: string
  eventIds: string[]
  workflowId: string
}

export interface EventStore {
  /** What stands under the event's id, without journaling it. */
  standing: (event: NewEvent) => Promise<Journaled | undefined>
  /** Journals what is new, numbered in this order, and answers, per event, what stands in the journal, or why its tenant's key does not take it. */
  insert: (events: NewEvent[], lease: Lease) => Promise<(Journaled | Error)[]>
  /** Without those that were erased, and those whose data cannot be opened, which is logged. */
  load: (tenantId: string, eventIds: string[]) => Promise<HeraldEvent[]>
  /** Keeps them in memory no longer. */
  forget: (tenantId: string, eventIds: string[]) => void
  /** The same of all events about these entities. */
  forgetAbout: (entities: Pick<HeraldEvent, 'tenantId' | 'entityId'>[]) => void
  renew: (events: Pick<HeraldEvent, 'tenantId' | 'id'>[], lease: Lease) => Promise<void>
  markStarted: (tenantId: string, eventIds: string[], workflowId: string, until: Date) => Promise<void>
  /** All deliveries of the events have a record now; those take over. */
  markDispatched: (marks: Dispatched[]) => Promise<void>
  /** Of these ordering keys and types, what is due and not dispatched yet, page by page; its data is read where a filter asks for it. */
  undispatched: (tenantId: string, orderingKeys: string[], typeIds: number[], withData: boolean) => AsyncIterable<HeraldEvent[]>
  /** Who holds leases of events that were not started yet. */
  starters: () => Promise<string[]>
  /** Their leases end now: they are known to be gone. */
  endLeases: (starters: string[]) => Promise<void>
  /** Leases that ran out, oldest first, now held by `lease.starter`. */
  takeOverdue: (lease: Lease, limit: number) => Promise<Overdue[]>
}

/** Longer than any lease of a process: what is further off is scheduled, and need not be looked at. */
const LEASES_MS = 10 * 60_000
const notStarted = () => ({ leaseUntil: { $lt: new Date(Date.now() + LEASES_MS) }, workflowId: { $exists: false } })

/** Events that are read at a time, however many there are. */
const PAGE = 500

/** Of events kept in memory, as counted by the length of their data. */
const CACHE_BYTES = 16 * 1024 * 1024
const CACHE_MS = 3_600_000

/** To which an event's data is bound: copied to another one, it does not open. */
export const dataContext = (tenantId: string, eventId: string): string => `${eventKey(tenantId, eventId)}/data`

const toRecord = ({ id, scheduled, ...event }: NewEvent, lease: Lease, key: DataKey | undefined): EventRecord => ({
  _id: eventKey(event.tenantId, id),
  eventId: id,
  ...event,
  data: keep(key, event.data, dataContext(event.tenantId, id)),
  hash: fingerprintOf(key, event.hash),
  orderingKey: orderingKeyOf(event),
  sequence: toBeNumbered(),
  starter: scheduled ? SCHEDULE : lease.starter,
  leaseUntil: (scheduled && event.deliverAt) || lease.until,
  ...(lease.workflowId && { workflowId: lease.workflowId }),
})

const toEvent = (record: Omit<EventRecord, 'data'>, data: string): HeraldEvent & NewEvent => ({
  id: record.eventId,
  tenantId: record.tenantId,
  typeId: record.typeId,
  type: record.type,
  createdAt: record.createdAt,
  data,
  entityId: record.entityId,
  hash: record.hash ?? '',
  ...timingOf(record),
  ...(record.sequence && { sequence: toSequence(record.sequence) }),
})

const toJournaled = (record: EventRecord, data: string, same: boolean, starter: string): Journaled => ({
  added: false,
  same,
  event: toEvent(record, data),
  workflowId: record.workflowId,
  dispatched: record.dispatchedAt !== undefined,
  leased: record.starter !== starter && (record.leaseUntil?.getTime() ?? 0) > Date.now(),
  cancelledAt: record.cancelledAt,
})

/** MongoDB's absence is everybody's; whatever else a key is refused for, its tenant's alone. */
function ofOneTenant(error: unknown): Error {
  if (isStoreAway(error)) throw error
  return error instanceof Error ? error : new Error(String(error))
}

/** The journal: every accepted event, from before its 202 on. */
export function createEventStore({ hot: { events } }: Models, vaults: Vaults, logger: Logger): EventStore {
  /** Events never change, and most are read by the process that has just journaled them. */
  const known = new LRUCache<string, HeraldEvent>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ data }) => data.length + 500,
    // Far less than the shortest retention: an id that has left may come back as another event.
    ttl: CACHE_MS,
  })
  const remember = (event: HeraldEvent): void => void known.set(eventKey(event.tenantId, event.id), event)

  const keys = (tenantId: string, ids: string[]) =>
    scoped(tenantId, { _id: { $in: ids.map((id) => eventKey(tenantId, id)) } })

  /** Of what was journaled with others all is known but the numbers that MongoDB gave: one read brings those of a write. */
  const numbers = createNumbers(events)

  async function numbered(tenantId: string, cached: HeraldEvent[]): Promise<HeraldEvent[]> {
    const without = cached.filter(({ sequence }) => sequence === undefined).map(({ id }) => eventKey(tenantId, id))
    if (without.length === 0) return cached
    const found = await numbers.of(without)
    return cached.map((event) => {
      const number = found.get(eventKey(tenantId, event.id))
      if (!number) return event
      const complete = { ...event, sequence: toSequence(number) }
      remember(complete)
      return complete
    })
  }

  /**
   * Alone, an event is answered with its number. (The filter finds no record that stands: MongoDB then
   * tries to insert, and its key refuses that, as at any insert.)
   */
  async function insertOne(event: NewEvent, record: EventRecord): Promise<void> {
    const inserted = await events.findOneAndReplace({ _id: record._id, eventId: { $exists: false } }, record, {
      upsert: true,
      returnDocument: 'after',
      projection: { sequence: 1 },
    })
    remember({ ...event, ...(inserted?.sequence && { sequence: toSequence(inserted.sequence) }) })
  }

  async function insertTogether(added: NewEvent[], records: EventRecord[]): Promise<void> {
    await events.insertMany(records, { ordered: false })
    numbers.wrote(records.map(({ _id }) => _id))
    for (const event of added) remember(event)
  }

  /** One that cannot be opened keeps nobody from the others: it stays where it is, until it can. */
  async function open(record: EventRecord): Promise<(HeraldEvent & NewEvent) | undefined> {
    try {
      const { tenantId, eventId, data } = record
      // Of an erased one there is none.
      return data === undefined ? undefined : toEvent(record, await vaults.open(tenantId, data, dataContext(tenantId, eventId)))
    } catch (error) {
      if (isStoreAway(error)) throw error
      logger.error({ err: error, tenantId: record.tenantId, eventId: record.eventId }, 'the data of an event cannot be opened: it is not delivered until it can be')
      return undefined
    }
  }

  const openAll = async (records: EventRecord[]): Promise<(HeraldEvent & NewEvent)[]> =>
    (await Promise.all(records.map(open))).filter((event) => event !== undefined)

  async function journaled(record: EventRecord, asked: NewEvent, starter: string): Promise<Journaled> {
    const same = await vaults.isSame(record.tenantId, record.hash, asked.hash)
    // What is the same need not be opened.
    return toJournaled(record, same ? asked.data : '', same, starter)
  }

  async function readBack(duplicates: NewEvent[]): Promise<Map<string, EventRecord>> {
    const ids = duplicates.map(({ tenantId, id }) => eventKey(tenantId, id))
    const records = await events.find({ _id: { $in: ids } }).toArray()
    return new Map(records.map((record) => [record._id, record]))
  }

  async function insert(asked: NewEvent[], lease: Lease): Promise<(Journaled | Error)[]> {
    const keys = await vaults.sealingOf(asked.map(({ tenantId }) => tenantId))
    const sealable = asked.filter(({ tenantId }) => keys.has(tenantId))
    const results = sealable.length > 0 ? (await insertSealed(sealable, keys, lease)).values() : [].values()
    return asked.map(({ tenantId }) => (keys.has(tenantId) && results.next().value) || new Error(`The data key of ${tenantId} cannot be opened: see the log`))
  }

  async function insertSealed(added: NewEvent[], keys: Map<string, DataKey | undefined>, lease: Lease): Promise<(Journaled | Error)[]> {
    let duplicates: Set<number>
    try {
      const records = added.map((event) => toRecord(event, lease, keys.get(event.tenantId)))
      const [alone, ...others] = added.map((event, i) => ({ event, record: records[i] }))
      if (alone?.record && others.length === 0) await insertOne(alone.event, alone.record)
      else await insertTogether(added, records)
      return added.map((event) => ({ added: true, same: true, event }))
    } catch (error) {
      duplicates = duplicateIndexes(error)
    }
    const standing = await readBack(added.filter((_, i) => duplicates.has(i)))
    return Promise.all(
      added.map(async (event, i) => {
        const record = duplicates.has(i) ? standing.get(eventKey(event.tenantId, event.id)) : undefined
        if (duplicates.has(i) && !record) throw new StoreAway('a record that stood is gone: MongoDB has changed its primary')
        return record ? journaled(record, event, lease.starter).catch(ofOneTenant) : { added: true, same: true, event }
      }),
    )
  }

  /** Dispatched before, and perhaps about to leave: they have new deliveries now, and stay for these. */
  async function stay(again: Dispatched[], lookAgainAt: Date): Promise<void> {
    const writes = again.map(({ tenantId, eventIds }) => ({
      updateMany: {
        filter: { ...keys(tenantId, eventIds), removeAt: { $exists: true } },
        update: { $unset: { removeAt: '' as const }, $set: { lookAgainAt } },
      },
    }))
    await events.bulkWrite(writes, { ordered: false })
  }

  async function takeOverdue(lease: Lease, limit: number): Promise<Overdue[]> {
    const now = new Date()
    const found = await events
      .find({ leaseUntil: { $lt: now } })
      .sort({ leaseUntil: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray()
    if (found.length === 0) return []
    const ids = found.map(({ _id }) => _id)
    await events.updateMany(
      { _id: { $in: ids }, leaseUntil: { $lt: now } },
      { $set: { leaseUntil: lease.until, starter: lease.starter } },
    )
    const taken = await events
      .find({ _id: { $in: ids }, starter: lease.starter, leaseUntil: lease.until }, { projection: { data: 0 } })
      .toArray()
    // Whoever starts them again needs no data.
    return taken.map((record) => ({ event: toEvent(record, ''), workflowId: record.workflowId }))
  }

  return {
    insert,
    takeOverdue,
    standing: async (event) => {
      const [record] = (await readBack([event])).values()
      return record && journaled(record, event, '')
    },
    load: async (tenantId, eventIds) => {
      const cached = await numbered(tenantId, eventIds.flatMap((id) => known.get(eventKey(tenantId, id)) ?? []))
      const has = new Set(cached.map(({ id }) => id))
      const missing = eventIds.filter((id) => !has.has(id))
      if (missing.length === 0) return cached
      const read = await openAll(await events.find(keys(tenantId, missing)).toArray())
      for (const event of read) remember(event)
      return [...cached, ...read]
    },
    forget: (tenantId, eventIds) => {
      for (const id of eventIds) known.delete(eventKey(tenantId, id))
    },
    forgetAbout: (entities) => {
      if (entities.length === 0) return
      const erased = new Set(entities.map(({ tenantId, entityId }) => `${tenantId}/${entityId}`))
      for (const [key, { tenantId, entityId }] of known.entries()) if (erased.has(`${tenantId}/${entityId}`)) known.delete(key)
    },
    undispatched: async function* (tenantId, orderingKeys, typeIds, withData) {
      const now = new Date()
      // What is further off is scheduled, and stops nobody yet.
      const leased = scoped(tenantId, { orderingKey: { $in: orderingKeys }, leaseUntil: { $lt: new Date(now.getTime() + LEASES_MS) }, typeId: { $in: typeIds } })
      const found = events.find(leased, { hint: 'undispatched', batchSize: PAGE, ...(!withData && { projection: { data: 0 } }) })
      for (let more = await found.hasNext(); more; more = await found.hasNext()) {
        const page = found.readBufferedDocuments(PAGE)
        const read = withData ? await openAll(page) : page.map((record) => toEvent(record, ''))
        yield read.filter((event) => !isAhead(event, now))
      }
    },
    starters: () => events.distinct('starter', notStarted()),
    endLeases: async (starters) => {
      await events.updateMany({ ...notStarted(), starter: { $in: starters } }, { $set: { leaseUntil: new Date() } })
    },
    renew: async (held, lease) => {
      const _id = { $in: held.map(({ tenantId, id }) => eventKey(tenantId, id)) }
      await events.updateMany({ _id, starter: lease.starter, leaseUntil: { $exists: true } }, { $set: { leaseUntil: lease.until } })
    },
    markStarted: async (tenantId, eventIds, workflowId, until) => {
      const filter = { ...keys(tenantId, eventIds), dispatchedAt: { $exists: false } }
      await events.updateMany(filter, { $set: { workflowId, leaseUntil: until } })
    },
    markDispatched: async (marks) => {
      const dispatchedAt = new Date()
      const writes = marks.map(({ tenantId, eventIds, workflowId }) => ({
        updateMany: {
          filter: { ...keys(tenantId, eventIds), dispatchedAt: { $exists: false } },
          update: { $set: { workflowId, dispatchedAt }, $unset: { leaseUntil: '' as const } },
        },
      }))
      const { matchedCount } = await events.bulkWrite(writes, { ordered: false })
      if (matchedCount < marks.reduce((sum, { eventIds }) => sum + eventIds.length, 0)) await stay(marks, dispatchedAt)
    },
  }
}
