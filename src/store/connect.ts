import os from 'node:os'
import { createConnection, type mongo, type Schema } from 'mongoose'
import { createModels, type Models } from './models'
import { dropRetiredIndexes } from './retired-indexes'

export interface StoreConnection {
  models: Models
  /** Answers when MongoDB does. */
  ping: () => Promise<void>
  /** True when no server could be written to at any moment since `time` (of performance.now()). */
  awayEverSince: (time: number) => boolean
  close: () => Promise<void>
}

/**
 * Every write waits for the majority of the replica set, journaled: what was answered is durable.
 * An absent or frozen MongoDB is noticed within a few seconds, never waited for.
 */
export async function connectStore(uri: string, database: string): Promise<StoreConnection> {
  const connection = createConnection(uri, {
    dbName: database,
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    serverSelectionTimeoutMS: 1_500,
    connectTimeoutMS: 3_000,
    socketTimeoutMS: 10_000,
    heartbeatFrequencyMS: 2_000,
    maxPoolSize: 50,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
    // The driver would import() it, which test runners in a VM context do not allow.
    runtimeAdapters: { os },
  })
  try {
    await connection.asPromise()
    await checkVersion(connection.getClient().db().admin())
  } catch (error) {
    await connection.close()
    throw error
  }
  const models = createModels(connection)
  const { hot: _driver, ...declared } = models
  await dropRetiredIndexes(connection.getClient().db(database))
  await Promise.all(Object.values(declared).map(createIndexes))
  return {
    models,
    awayEverSince: watchAbsence(connection.getClient()),
    ping: async () => {
      await connection.db?.admin().ping()
    },
    close: () => connection.close(),
  }
}

/** Those of a collection at once: Mongoose would ask for one after the other. */
async function createIndexes({ collection, schema }: Declared): Promise<void> {
  const indexes = schema.indexes().map(([key, options]) => ({ key, ...options }) as mongo.IndexDescription)
  if (indexes.length > 0) await collection.createIndexes(indexes)
}

type Declared = { collection: { createIndexes: (indexes: mongo.IndexDescription[]) => Promise<unknown> }; schema: Schema }

/** Outcomes are written by a bulk over several collections, which is of MongoDB 8. */
async function checkVersion(admin: Pick<mongo.Admin, 'buildInfo'>): Promise<void> {
  const { version } = await admin.buildInfo()
  if (isTooOld(String(version))) throw new Error(`MongoDB ${version} is too old for Herald: upgrade it to ${OLDEST}.0 or newer`)
}

const OLDEST = 8
/** `version` as MongoDB tells it: 8.2.7. */
export const isTooOld = (version: string): boolean => Number.parseInt(version, 10) < OLDEST

/** The driver's errors do not tell a write that was never sent from one whose answer is missing. */
function watchAbsence(client: mongo.MongoClient): StoreConnection['awayEverSince'] {
  let awaySince = Infinity
  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    const reachable = [...newDescription.servers.values()].some(({ isWritable }) => isWritable)
    awaySince = reachable ? Infinity : Math.min(awaySince, performance.now())
  })
  return (time) => awaySince < time
}
