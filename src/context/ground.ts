import type { Logger } from 'pino'
import type { Config } from '../config'
import { explainMongodb, explainTemporal } from './reach'
import { createSealer, type Sealer } from '../delivery/seal'
import { SettingsError } from '../env'
import { createFaults } from '../faults'
import { createMetrics } from '../metrics'
import { connectStore, type StoreConnection } from '../store/connect'
import { createSealing } from '../store/sealing'
import { wrongKey } from '../store/sentinel'
import { createVaults } from '../store/vaults'
import { connectTemporal } from '../temporal/connect'
import { createWorkflowMessages } from '../temporal/messages'
import { createWorkflowStarts } from '../temporal/start'

export interface ContextOptions {
  config: Config
  logger: Logger
  role: Role
}

/** `all` is one process that does everything; the others are for scaling apart. */
export type Role = 'all' | 'api' | 'worker'

/** What every room stands on: the two connections, and what the process is told and tells. */
export type Ground = Awaited<ReturnType<typeof createGround>>

export async function createGround({ config, logger, role }: ContextOptions) {
  const store = await connectStore(config.mongodb.uri, config.mongodb.database).catch((error: unknown) => {
    throw explainMongodb(config.mongodb.uri, error)
  })
  const sealer = createSealer(config.encryptionKey, config.otherEncryptionKeys)
  await refuseWrongKey(store, sealer)
  const sealing = createSealing(store.models)
  await sealing.look()
  const temporal = await connectTemporal(config.temporal).catch(async (error: unknown) => {
    await store.close()
    throw explainTemporal(config.temporal, error)
  })
  const { client } = temporal
  const { taskQueue } = config.temporal
  const dispatchesHere = role !== 'api'
  return {
    config,
    logger,
    store,
    models: store.models,
    sealer,
    sealing,
    vaults: createVaults(store.models, sealer, sealing.isOn, logger),
    temporal,
    starts: createWorkflowStarts({ client, taskQueue, eager: dispatchesHere }),
    messages: createWorkflowMessages(client, taskQueue),
    metrics: createMetrics(),
    faults: createFaults(config.fault),
    stopping: new AbortController(),
    /** Workers of this process make the dispatches. */
    dispatchesHere,
  }
}

/** Else a process with another key would take every webhook's secrets for lost. */
async function refuseWrongKey(store: StoreConnection, sealer: Sealer): Promise<void> {
  const why = await wrongKey(store.models, sealer)
  if (why === undefined) return
  await store.close()
  throw new SettingsError(
    `HERALD_ENCRYPTION_KEY is not the key that the secrets in this MongoDB are sealed with. ${why}. ` +
      'Where `npm start` made that key, it is in the file encryption-key of its data directory.',
  )
}
