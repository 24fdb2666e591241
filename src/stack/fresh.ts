import { startStack } from './index'
import type { Stack, StackOptions } from './types'

/** Servers with data of their own on any free ports, beside whatever else runs: for tests and benchmarks. */
export const startFreshStack = (
  options: Pick<StackOptions, 'dataDir' | 'cacheDir' | 'searchAttributes' | 'report'>,
): Promise<Stack> => startStack({ ...options, temporalNamespace: 'default', temporalPort: 0, temporalUiPort: 0, mongodbPort: 0 })
