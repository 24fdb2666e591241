import { createHash, randomBytes } from 'node:crypto'
import { IllegalStateError } from '@temporalio/common'
import type { Config } from '../../src/config'
import { LOOPBACK } from '../../src/config'
import { SUSPENSION } from '../../src/domain/health'
import { startHerald, type Herald, type Role } from '../../src/herald'
import { createLogger, type Logger } from '../../src/logger'
import { installTemporalRuntime } from '../../src/temporal/runtime'
import { newDatabase } from './databases'
import { sharedStack } from './shared-stack'

export const ADMIN_KEY = 'herald_admin_of_the_tests_and_of_nothing_else'

/** For tests that look at what is counted: else it would be half of what every test's Herald does. */
export const QUICK_TALLYING = { everyMs: 500, settleMs: 2_000 }

export interface TestHerald {
  herald: Herald
  config: Config
  url: string
  api: Api
  stop: () => Promise<void>
}

export interface Answer<Body> {
  status: number
  headers: Headers
  body: Body
}

/** Calls the API as the administrator; a body that is a string is sent as it is. */
export type Api = <Body = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer<Body>>

export interface TestOptions {
  role?: Role
  config?: Partial<Config>
}

/** A real Herald in this process, with a database and task queues of its own. */
export async function startTestHerald({ role = 'all', config: overrides = {} }: TestOptions = {}): Promise<TestHerald> {
  const config = { ...testConfig(), ...overrides }
  const logger = createLogger(process.env['TEST_LOG_LEVEL'] ?? 'silent')
  installRuntimeOnce(logger)
  const herald = await startHerald(config, logger, role)
  return { herald, config, url: herald.url, api: createApi(herald.url), stop: herald.stop }
}

/** The SDK has one a process, which goes with the last connection. */
function installRuntimeOnce(logger: Logger): void {
  try {
    installTemporalRuntime(logger)
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error
  }
}

export function testConfig(): Config {
  const { mongodbUri, temporalAddress, ports, workflowBundle } = sharedStack()
  const name = newDatabase()
  return {
    version: '0.0.0-test',
    processId: name,
    http: { host: '127.0.0.1', port: 0 },
    mongodb: { uri: mongodbUri, database: name },
    temporal: { address: temporalAddress, namespace: 'default', taskQueue: name, workflowBundle },
    adminKeyHash: createHash('sha256').update(ADMIN_KEY).digest('hex'),
    encryptionKey: randomBytes(32),
    allowTargets: LOOPBACK,
    deniedPorts: ports,
    tallying: { everyMs: 15_000, settleMs: 2_000 },
    suspension: SUSPENSION,
    settings: [
      { name: 'PORT', about: 'Where the API listens', source: 'default', isSet: true, isSecret: false, value: '3000' },
      { name: 'HERALD_ADMIN_KEY', about: 'The first API key', source: 'environment', isSet: true, isSecret: true },
      { name: 'HERALD_WEBHOOK_CA', about: 'Authorities', source: 'default', isSet: false, isSecret: false },
    ],
    portal: { sessions: { idleMs: 1_800_000, mostMs: 43_200_000 }, frameAncestors: [], trustProxies: [] },
    eventsPerWorkflow: 100,
    reconcile: { everyMs: 1_000, patienceMs: 5_000 },
    retention: { everyMs: 60_000, leavingMs: 3_600_000, recordsLaterMs: 300_000, recheckMs: 86_400_000 },
  }
}

export function createApi(url: string, key = ADMIN_KEY, tenantId?: string): Api {
  const tenant: Record<string, string> = tenantId === undefined ? {} : { 'herald-tenant': tenantId }
  return async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...tenant, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as Body }
  }
}
