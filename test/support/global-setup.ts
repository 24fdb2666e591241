import path from 'node:path'
import { cacheDir, readEnv } from '../../src/env'
import { startFreshStack } from '../../src/stack/fresh'
import { workflowsPath, writeWorkflowBundle } from '../../src/temporal/bundle'
import { SEARCH_ATTRIBUTES } from '../../src/temporal/search-attributes'
import { newDataDir } from './data-dir'
import { keepStack } from './shared-stack'

/** Starts the real Temporal and the real MongoDB once for all test files, and bundles the workflows. */
export default async function globalSetup(): Promise<void> {
  const dataDir = await newDataDir('herald-test-')
  const workflowBundle = path.join(dataDir, 'workflow-bundle.js')
  const [stack] = await Promise.all([
    startFreshStack({
      dataDir,
      cacheDir: cacheDir(readEnv()),
      searchAttributes: SEARCH_ATTRIBUTES,
      report: (line) => process.stderr.write(`${line}\n`),
    }),
    writeWorkflowBundle(`${workflowsPath()}.ts`, workflowBundle),
  ])
  keepStack({ stack, dataDir, workflowBundle })
}
