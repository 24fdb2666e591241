import { LRUCache } from 'lru-cache'
import type { mongo } from 'mongoose'
import type { EventRecord } from './records'

/** The numbers that MongoDB gave to what was written together: whoever asks for one has those of its write read. */
export interface Numbers {
  wrote: (recordIds: string[]) => void
  /** Per record; none of one that is gone. */
  of: (recordIds: string[]) => Promise<Map<string, mongo.Timestamp | undefined>>
}

interface Write {
  recordIds: string[]
  numbers?: Promise<Map<string, mongo.Timestamp | undefined>>
}

/** What waits longer for its dispatch is read with those that are asked for with it. */
const MAX_RECORDS = 5_000

export function createNumbers(events: mongo.Collection<EventRecord>): Numbers {
  const writes = new LRUCache<string, Write>({ max: MAX_RECORDS })

  async function read(recordIds: string[]): Promise<Map<string, mongo.Timestamp | undefined>> {
    const records = await events.find({ _id: { $in: recordIds } }, { projection: { sequence: 1 } }).toArray()
    return new Map(records.map(({ _id, sequence }) => [_id, sequence]))
  }

  return {
    wrote: (recordIds) => {
      const write: Write = { recordIds }
      for (const id of recordIds) writes.set(id, write)
    },
    of: async (recordIds) => {
      const unknown: Write = { recordIds: recordIds.filter((id) => !writes.has(id)) }
      const asked = new Set(recordIds.map((id) => writes.get(id) ?? unknown))
      for (const id of recordIds) writes.delete(id)
      const found = await Promise.all([...asked].map((write) => (write.numbers ??= read(write.recordIds))))
      return new Map(recordIds.map((id) => [id, found.find((numbers) => numbers.has(id))?.get(id)]))
    },
  }
}
