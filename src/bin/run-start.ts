import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { setupUrl } from '../api/users'
import { configFrom } from '../config'
import { cacheDir, readEnv, type Env } from '../env'
import { startHerald, type Herald } from '../herald'
import { createLogger } from '../logger'
import type { NewLink } from '../portal/accounts'
import { loadSecrets, type Secrets } from '../secrets'
import { startStack, type Stack } from '../stack'
import { builtBundlePath } from '../temporal/bundle'
import { installTemporalRuntime } from '../temporal/runtime'
import { SEARCH_ATTRIBUTES } from '../temporal/search-attributes'
import { stopSignal } from './stop-signal'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Everything on one machine: the servers that are not given, then Herald. */
export async function runStart(): Promise<void> {
  const stopped = stopSignal()
  const lost = serverLoss()
  let ready = false
  // Nobody waits for a build or a download that was interrupted; the stack's guardian ends the servers.
  void stopped.then(() => ready || process.exit(130))
  const env = readEnv()
  const embedded = env.MONGODB_URI === undefined || env.TEMPORAL_ADDRESS === undefined
  for (const port of [env.PORT, env.HERALD_OPS_PORT ?? 0]) await checkPort(env.HOST, port)
  const secrets = await loadSecrets(env, { mayCreate: true })
  const stack = await startStack({
    dataDir: path.resolve(env.HERALD_DATA_DIR),
    cacheDir: cacheDir(env),
    mongodbUri: env.MONGODB_URI,
    temporalAddress: env.TEMPORAL_ADDRESS,
    temporalNamespace: env.TEMPORAL_NAMESPACE,
    searchAttributes: SEARCH_ATTRIBUTES,
    report: say,
    onServerRestart: (name) => say(`${name} had ended and was started again`),
    onServerLost: (_name, error) => lost.reject(error),
  })
  try {
    const config = configFrom(env, secrets, { ...stack, ports: stack.ports, embedded }, builtBundlePath())
    const logger = createLogger(env.LOG_LEVEL === 'info' ? 'warn' : env.LOG_LEVEL)
    installTemporalRuntime(logger)
    const herald = await startHerald(config, logger, 'all')
    ready = true
    greet(herald, stack, env, secrets, await herald.context.portal.accounts.setupLink())
    await Promise.race([stopped, herald.broken, lost.promise])
    say('\nstopping: HTTP, workers, Temporal, MongoDB')
    await herald.stop()
  } finally {
    await stack.stop()
  }
}

/** Before servers are started for nothing. */
async function checkPort(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host)
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}

/** Rejects when a server could not be kept running. */
function serverLoss(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<never>((_, fail) => (reject = fail))
  // Until somebody waits for it, a loss is no unhandled rejection.
  promise.catch(() => undefined)
  return { promise, reject: (error) => reject(error) }
}

function greet({ url, opsUrl, context }: Herald, stack: Stack, env: Env, secrets: Secrets, setup: NewLink | undefined): void {
  const rows = [
    ['Portal', `${url}/portal/`],
    ['API', `${url}/v1`],
    ['API documentation', `${url}/docs`],
    ...(opsUrl === undefined ? [] : [['For operators', opsUrl]]),
    ['Temporal UI', stack.temporalUiUrl ?? '(where your Temporal has it)'],
    ['Data', path.resolve(env.HERALD_DATA_DIR)],
    ['Admin key', secrets.adminKeyFile ? path.resolve(secrets.adminKeyFile) : 'HERALD_ADMIN_KEY'],
  ]
  say('\nHerald is ready.\n')
  for (const [name = '', value = ''] of rows) say(`  ${name.padEnd(18)} ${value}`)
  if (secrets.adminKeyIsNew) say(`\n  The admin key, shown this once: ${secrets.adminKey}`)
  if (setup) say(`\n  Make the first user, an administrator, here (once, within 24 hours):\n  ${setupUrl(context.config.portal.publicUrl ?? url, setup.token)}`)
  if (stack.ports.length > 0) say('\n  Webhooks on this machine (loopback) may be called; in production they may not.')
  say('\nNow try, in another terminal:  npm run demo\n')
}
