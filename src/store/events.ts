import type { Logger } from 'pino'
import type { HeraldEvent } from '../domain/event'
import { isAhead } from '../domain/timing'
import { isStoreAway } from './errors'
import { createEventLeases, type EventLeases } from './event-leases'
import { dataContext, keysOf, LEASES_MS, toEvent } from './event-records'
import { createJournaling, type Journaling } from './journaling'
import { createKnownEvents, type KnownEvents } from './known-events'
import type { Models } from './models'
import type { EventRecord } from './records'
import { scoped } from './scope'
import type { Vaults } from './vaults'

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

export interface EventStore extends Journaling, EventLeases, Pick<KnownEvents, 'forget' | 'forgetAbout'> {
  /** Without those that were erased, and those whose data cannot be opened, which is logged. */
  load: (tenantId: string, eventIds: string[]) => Promise<HeraldEvent[]>
  /** Of these ordering keys and types, what is due and not dispatched yet, page by page; its data is read where a filter asks for it. */
  undispatched: (tenantId: string, orderingKeys: string[], typeIds: number[], withData: boolean) => AsyncIterable<HeraldEvent[]>
}

/** Events that are read at a time, however many there are. */
const PAGE = 500

/** The journal: every accepted event, from before its 202 on. */
export function createEventStore(models: Models, vaults: Vaults, logger: Logger): EventStore {
  const { events } = models.hot
  const known = createKnownEvents(models)

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

  return {
    ...createJournaling(models, vaults, known),
    ...createEventLeases(models),
    forget: known.forget,
    forgetAbout: known.forgetAbout,
    load: async (tenantId, eventIds) => {
      const cached = await known.load(tenantId, eventIds)
      const has = new Set(cached.map(({ id }) => id))
      const missing = eventIds.filter((id) => !has.has(id))
      if (missing.length === 0) return cached
      const read = await openAll(await events.find(keysOf(tenantId, missing)).toArray())
      for (const event of read) known.remember(event)
      return [...cached, ...read]
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
  }
}
