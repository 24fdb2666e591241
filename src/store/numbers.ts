import { LRUCache } from 'lru-cache'
import type { mongo } from 'mongoose'
import type { EventRecord } from './models'

/** The numbers that MongoDB gave to what was written together: whoever asks for one has those of its write read. */
export interface Numbers {
  wrote: (recordIds: string[]) => void
  /** None when the record is gone. */
  of: (recordId: string) => Promise<mongo.Timestamp | undefined>
}

interface Write {
  recordIds: string[]
  numbers?: Promise<Map<string, mongo.Timestamp | undefined>>
}

/** What waits longer for its dispatch is read by itself. */
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
    of: async (recordId) => {
      const write = writes.get(recordId) ?? { recordIds: [recordId] }
      writes.delete(recordId)
      return (await (write.numbers ??= read(write.recordIds))).get(recordId)
    },
  }
}
