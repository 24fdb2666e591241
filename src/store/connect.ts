import os from 'node:os'
import { createConnection } from 'mongoose'
import { createModels, type Models } from './models'

export interface StoreConnection {
  models: Models
  /** Answers when MongoDB does. */
  ping: () => Promise<void>
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
  await connection.asPromise()
  const models = createModels(connection)
  const { hot: _driver, ...declared } = models
  await Promise.all(Object.values(declared).map((model) => model.createIndexes()))
  return {
    models,
    ping: async () => {
      await connection.db?.admin().ping()
    },
    close: () => connection.close(),
  }
}
