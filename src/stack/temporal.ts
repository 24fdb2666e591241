import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { msToNumber, msToTs, optionalTsToMs } from '@temporalio/common/lib/time'
import { StackError } from './errors'
import type { Obtained } from './obtain'
import { waitForPort } from './ports'
import type { ServerSpec } from './supervise'
import type { SearchAttributeType } from './types'

export interface TemporalSettings {
  program: Obtained
  directory: string
  port: number
  uiPort: number
  httpPort: number
  metricsPort: number
  namespace: string
  searchAttributes: Record<string, SearchAttributeType>
}

/** Far above what one machine does, so that Temporal's own limits for shared clusters never pace Herald. */
const LIMITS = {
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 1_000,
  'frontend.namespaceCount': 20_000,
  'frontend.persistenceMaxQPS': 100_000,
  'history.rps': 100_000,
  'history.persistenceMaxQPS': 200_000,
  'matching.rps': 100_000,
  'matching.persistenceMaxQPS': 100_000,
  'worker.persistenceMaxQPS': 10_000,
  'system.visibilityPersistenceMaxReadQPS': 50_000,
  'system.visibilityPersistenceMaxWriteQPS': 50_000,
  'matching.enableFairness': true,
}

/** How long closed workflows stay to be looked at. The development server alone keeps them a day. */
const RETENTION = '30 days'

/** The development server on disk: SQLite in WAL mode that syncs every commit. */
export function temporalServer(settings: TemporalSettings): ServerSpec {
  const { program, directory, port, namespace, searchAttributes } = settings
  return {
    name: 'Temporal',
    command: program.path,
    variables: program.variables,
    directory,
    args: [
      'server',
      'start-dev',
      `--db-filename=${join(directory, 'temporal.db')}`,
      '--sqlite-pragma=journal_mode=wal',
      '--sqlite-pragma=synchronous=2',
      '--ip=127.0.0.1',
      '--ui-ip=127.0.0.1',
      `--port=${port}`,
      `--ui-port=${settings.uiPort}`,
      `--http-port=${settings.httpPort}`,
      `--metrics-port=${settings.metricsPort}`,
      `--namespace=${namespace}`,
      '--log-level=warn',
      ...Object.entries(LIMITS).map(([key, value]) => `--dynamic-config-value=${key}=${value}`),
      ...Object.entries(searchAttributes).map(([key, type]) => `--search-attribute=${key}=${type}`),
    ],
    ready: (signal) => ready(settings, signal),
  }
}

async function ready({ port, namespace, searchAttributes }: TemporalSettings, signal: AbortSignal): Promise<void> {
  await waitForPort(port, signal)
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` })
  try {
    await keepLonger(connection, namespace, signal)
    await register(connection, namespace, searchAttributes)
  } finally {
    await connection.close()
  }
}

async function keepLonger({ workflowService }: Connection, namespace: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      const { config } = await workflowService.describeNamespace({ namespace })
      if ((optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0) >= msToNumber(RETENTION)) return
      await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(RETENTION) } })
      return
    } catch (error) {
      // The port opens a moment before the namespace is known.
      if (signal.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** temporal.api.enums.v1.IndexedValueType */
const VALUE_TYPES: Record<SearchAttributeType, number> = { Keyword: 2, Int: 3, KeywordList: 7 }

/** The flags register attributes for a new database only. */
async function register(
  { operatorService }: Connection,
  namespace: string,
  wanted: Record<string, SearchAttributeType>,
): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
  const missing: Record<string, number> = {}
  for (const [name, type] of Object.entries(wanted)) {
    const found: number | null | undefined = customAttributes?.[name]
    if (found === undefined) missing[name] = VALUE_TYPES[type]
    else if (found !== VALUE_TYPES[type]) {
      throw new StackError(
        `Temporal's data has the search attribute ${name} with another type than ${type}: ` +
          'start with another HERALD_DATA_DIR, or with the version of Herald that made this one.',
      )
    }
  }
  if (Object.keys(missing).length > 0) await operatorService.addSearchAttributes({ namespace, searchAttributes: missing })
}
