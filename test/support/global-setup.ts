import { mongo } from 'mongoose'
import path from 'node:path'
import { cacheDir, readEnv } from '../../src/env'
import { startFreshStack } from '../../src/stack/fresh'
import { SEARCH_ATTRIBUTES } from '../../src/temporal/search-attributes'
import { newDataDir } from './data-dir'
import { keepStack } from './shared-stack'

/** Starts the real Temporal and the real MongoDB once for all test files. */
export default async function globalSetup(): Promise<void> {
  const dataDir = await newDataDir('herald-test-')
  const stack = await startFreshStack({
    dataDir,
    cacheDir: cacheDir(readEnv()),
    searchAttributes: SEARCH_ATTRIBUTES,
    report: (line) => process.stderr.write(`${line}\n`),
  })
  await dropSoon(stack.mongodbUri)
  // `npm test` has built it a moment ago.
  keepStack({ stack, dataDir, workflowBundle: path.resolve(__dirname, '../../dist/workflow-bundle.js') })
}

/** The files of what was dropped are closed at the next checkpoint, and not after five minutes (`databases.ts`). */
async function dropSoon(uri: string): Promise<void> {
  const client = await mongo.MongoClient.connect(uri)
  await client.db('admin').command({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 0 })
  await client.db('admin').command({ setParameter: 1, syncdelay: 15 })
  await client.close()
}
