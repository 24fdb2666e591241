import { mongo } from 'mongoose'
import type { Hot } from './models'

/**
 * Indexes that an earlier Herald made and none asks for by name. Named one by one, so that a process of an
 * older version drops nothing that a newer one needs; by their keys, so that what has the name of one now stays.
 */
const RETIRED: [keyof Hot, mongo.IndexSpecification][] = [
  ['deliveries', { releaseId: 1, status: 1, _id: 1 }],
  ['deliveries', { releaseId: 1, status: 1, webhookId: 1 }],
  ['deliveries', { webhookId: 1, queue: 1, _id: 1 }],
  ['deliveries', { queue: 1, status: 1, _id: 1 }],
  ['deliveries', { updatedAt: 1 }],
  ['webhooks', { tenantId: 1, _id: -1 }],
  ['attempts', { tenantId: 1, deliveryId: 1, number: 1 }],
]

/** The database, or the index, is not there: MongoDB's NamespaceNotFound and IndexNotFound. */
const NOT_THERE: unknown[] = [26, 27]

/** Every write would go on to pay for them; where one has the name of a new one, that could not be made. Safe in several processes at once. */
export async function dropRetiredIndexes(db: mongo.Db): Promise<void> {
  for (const [collection, index] of RETIRED) {
    try {
      await db.command({ dropIndexes: collection, index })
    } catch (error) {
      if (!(error instanceof mongo.MongoServerError) || !NOT_THERE.includes(error.code)) throw error
    }
  }
}
