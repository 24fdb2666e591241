import type { DataKey } from '../domain/data-key'
import { eventKey } from '../domain/ids'
import { duplicateIndexes, isStoreAway, StoreAway } from './errors'
import { toJournaled, toRecord } from './event-records'
import type { Journaled, Lease, NewEvent } from './events'
import type { KnownEvents } from './known-events'
import type { Models } from './models'
import type { EventRecord } from './records'
import { toSequence } from './sequence'
import type { Vaults } from './vaults'

export interface Journaling {
  /** What stands under the event's id, without journaling it. */
  standing: (event: NewEvent) => Promise<Journaled | undefined>
  /** Journals what is new, numbered in this order, and answers, per event, what stands in the journal, or why its tenant's key does not take it. */
  insert: (events: NewEvent[], lease: Lease) => Promise<(Journaled | Error)[]>
}

/** MongoDB's absence is everybody's; whatever else a key is refused for, its tenant's alone. */
function ofOneTenant(error: unknown): Error {
  if (isStoreAway(error)) throw error
  return error instanceof Error ? error : new Error(String(error))
}

/** Writes events down as they are accepted, each sealed with its tenant's key. */
export function createJournaling({ hot: { events } }: Models, vaults: Vaults, known: KnownEvents): Journaling {
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
    known.remember({ ...event, ...(inserted?.sequence && { sequence: toSequence(inserted.sequence) }) })
  }

  async function insertTogether(added: NewEvent[], records: EventRecord[]): Promise<void> {
    await events.insertMany(records, { ordered: false })
    known.wrote(records.map(({ _id }) => _id))
    for (const event of added) known.remember(event)
  }

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

  return {
    standing: async (event) => {
      const [record] = (await readBack([event])).values()
      return record && journaled(record, event, '')
    },
    insert: async (asked, lease) => {
      const keys = await vaults.sealingOf(asked.map(({ tenantId }) => tenantId))
      const sealable = asked.filter(({ tenantId }) => keys.has(tenantId))
      const results = sealable.length > 0 ? (await insertSealed(sealable, keys, lease)).values() : [].values()
      return asked.map(({ tenantId }) => (keys.has(tenantId) && results.next().value) || new Error(`The data key of ${tenantId} cannot be opened: see the log`))
    },
  }
}
