import type { mongo } from 'mongoose'
import { sealedAttempt, type AttemptRecord } from './attempts'
import { dataContext } from './event-records'
import type { Models } from './models'
import type { EventRecord } from './records'
import { fingerprintOf, keep, type Vaults } from './vaults'

/** Seals what was written before tenants had data keys, part by part in the order of keys; may be repeated from anywhere. */
export interface OldData {
  name: string
  /** For a few seconds at most, from the key `after` on; answers how many were sealed, and where to go on. */
  seal: (after: string) => Promise<{ sealed: number; next?: string }>
}

/** Each may be as large as an event. */
const AT_ONCE = 100
const MOST_MS = 2_000

interface Place<T> {
  name: string
  /** Which of them are not sealed is looked at record by record: no index is kept for what happens once. */
  collection: mongo.Collection<T & mongo.Document>
  projection: mongo.Document
  update: (record: T) => Promise<mongo.AnyBulkWriteOperation<T & mongo.Document> | undefined>
}

export function createOldData({ hot: { events, attempts } }: Models, vaults: Vaults): OldData[] {
  const clearData = { $cond: [{ $eq: [{ $type: '$data' }, 'string'] }, '$data', '$$REMOVE'] }
  const clearAnswer = { $cond: [{ $eq: [{ $type: '$response.body' }, 'string'] }, '$response', '$$REMOVE'] }
  return [
    oldDataOf<EventRecord>({
      name: 'events',
      collection: events,
      projection: { tenantId: 1, eventId: 1, hash: 1, data: clearData },
      update: async ({ _id, tenantId, eventId, data, hash = '' }) => {
        const key = typeof data === 'string' ? await vaults.sealing(tenantId) : undefined
        if (!key || typeof data !== 'string') return undefined
        const $set = { data: keep(key, data, dataContext(tenantId, eventId)), hash: fingerprintOf(key, hash) }
        // As it was read: it may be erased meanwhile, or sealed by another.
        return { updateOne: { filter: { _id, data: { $type: 'string' } }, update: { $set } } }
      },
    }),
    oldDataOf<AttemptRecord>({
      name: 'attempts',
      collection: attempts as mongo.Collection<AttemptRecord>,
      projection: { tenantId: 1, response: clearAnswer },
      update: async (attempt) => {
        const key = attempt.response && (await vaults.sealing(attempt.tenantId))
        if (!key) return undefined
        const { response } = sealedAttempt(attempt, key)
        return { updateOne: { filter: { _id: attempt._id, 'response.body': { $type: 'string' } }, update: { $set: { response } } } } as mongo.AnyBulkWriteOperation<AttemptRecord>
      },
    }),
  ]
}

function oldDataOf<T extends { _id: string }>({ name, collection, projection, update }: Place<T>): OldData {
  return {
    name,
    seal: async (after) => {
      const endsAt = performance.now() + MOST_MS
      let sealed = 0
      for (let from = after; ; ) {
        const records = (await collection.find({ _id: { $gt: from } } as mongo.Filter<T & mongo.Document>, { projection, sort: { _id: 1 }, limit: AT_ONCE, hint: { _id: 1 } }).toArray()) as T[]
        const updates = (await Promise.all(records.map(update))).filter((one) => one !== undefined)
        if (updates.length > 0) sealed += (await collection.bulkWrite(updates, { ordered: false })).modifiedCount
        from = records.at(-1)?._id ?? ''
        if (records.length < AT_ONCE) return { sealed }
        if (performance.now() > endsAt) return { sealed, next: from }
      }
    },
  }
}
