import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { endStale } from './end-server'
import { StackError } from './errors'
import { startGuardian, type Guardian } from './guardian'
import { tryLock, type Lock } from './lock'
import { mongodbServer, mongodbUri } from './mongodb'
import { obtainMongod } from './obtain-mongod'
import { obtainTemporal } from './obtain-temporal'
import { choosePort, listeningPorts } from './ports'
import { superviseServer, type ServerSpec, type SupervisedServer } from './supervise'
import { temporalServer } from './temporal'
import type { ServerName, Stack, StackOptions } from './types'

export { StackError } from './errors'
export type { Obtained, SourceName } from './obtain'
export { obtainMongod } from './obtain-mongod'
export { obtainTemporal, type ObtainOptions } from './obtain-temporal'
export type { SourceUrls } from './sources'
export type { Report, SearchAttributeType, ServerName, Stack, StackOptions } from './types'

/**
 * Finds or starts Temporal and MongoDB. What is started lives as long as this process: it is
 * restarted when it dies, ended by `stop`, and ended by a guardian after a kill -9.
 * Throws a StackError that says what a person can do.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  if (options.mongodbUri !== undefined && options.temporalAddress !== undefined) {
    return { mongodbUri: options.mongodbUri, temporalAddress: options.temporalAddress, ports: [], pids: {}, stop: async () => {} }
  }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const dataDir = realpathSync(options.dataDir)
  const lock = lockData(dataDir)
  const running = newRunning(options, lock)
  // Both at once, so that a start takes as long as the slower one.
  const [temporal, mongodb] = await Promise.allSettled([
    startTemporal(options, dataDir, running),
    startMongodb(options, dataDir, running),
  ])
  if (temporal.status === 'fulfilled' && mongodb.status === 'fulfilled') {
    const { ports, pids, stop } = running
    return { ...temporal.value, ...mongodb.value, ports, pids, stop }
  }
  await running.stop()
  throw [temporal, mongodb].find((result) => result.status === 'rejected')?.reason
}

interface Running {
  ports: number[]
  pids: Stack['pids']
  add: (spec: ServerSpec) => Promise<void>
  stop: () => Promise<void>
}

function newRunning(options: StackOptions, lock: Lock): Running {
  const guardian: Guardian = startGuardian()
  const servers = new Map<ServerName, SupervisedServer>()
  const portsOf = new Map<ServerName, number[]>()
  const ports: number[] = []
  const pids: Stack['pids'] = {}
  const keyOf = { Temporal: 'temporal', MongoDB: 'mongodb' } as const
  let stopped: Promise<void> | undefined

  // The same array for ever: whoever was handed it sees the ports of a restarted server.
  function refreshPorts(name: ServerName): void {
    const pid = pids[keyOf[name]]
    portsOf.set(name, pid === undefined ? [] : listeningPorts(pid))
    ports.splice(0, ports.length, ...[...portsOf.values()].flat())
  }

  async function stopAll(): Promise<void> {
    await servers.get('Temporal')?.stop()
    await servers.get('MongoDB')?.stop()
    guardian.close()
    lock.release()
  }

  return {
    ports,
    pids,
    async add(spec) {
      const server = await superviseServer(spec, {
        report: options.report,
        guardian,
        onStart: (pid) => (pids[keyOf[spec.name]] = pid),
        onRestart: () => {
          refreshPorts(spec.name)
          options.onServerRestart?.(spec.name)
        },
        onLost: (error) => options.onServerLost?.(spec.name, error),
      })
      servers.set(spec.name, server)
      refreshPorts(spec.name)
    },
    stop: () => (stopped ??= stopAll()),
  }
}

async function startTemporal(
  options: StackOptions,
  dataDir: string,
  running: Running,
): Promise<Pick<Stack, 'temporalAddress' | 'temporalUiUrl'>> {
  if (options.temporalAddress !== undefined) return { temporalAddress: options.temporalAddress }
  const { report } = options
  const program = await obtainTemporal(options)
  const directory = join(dataDir, 'temporal')
  await endStale('Temporal', directory, report)
  const port = await choosePort('Temporal', options.temporalPort ?? 7233, report)
  const uiPort = await choosePort("Temporal's UI", options.temporalUiPort ?? 8233, report)
  const [httpPort, metricsPort] = [await choosePort('', 0, report), await choosePort('', 0, report)]
  const { temporalNamespace: namespace, searchAttributes } = options
  await running.add(
    temporalServer({ program, directory, port, uiPort, httpPort, metricsPort, namespace, searchAttributes }),
  )
  return { temporalAddress: `127.0.0.1:${port}`, temporalUiUrl: `http://127.0.0.1:${uiPort}` }
}

async function startMongodb(options: StackOptions, dataDir: string, running: Running): Promise<Pick<Stack, 'mongodbUri'>> {
  if (options.mongodbUri !== undefined) return { mongodbUri: options.mongodbUri }
  const program = await obtainMongod(options)
  const directory = join(dataDir, 'mongodb')
  await endStale('MongoDB', directory, options.report)
  const port = await choosePort('MongoDB', options.mongodbPort ?? 27017, options.report)
  await running.add(mongodbServer({ program, directory, port }))
  return { mongodbUri: mongodbUri(directory, port) }
}

function lockData(dataDir: string): Lock {
  const lock = tryLock(join(dataDir, 'stack.lock'))
  if ('release' in lock) return lock
  throw new StackError(
    `Another Herald (process ${lock.heldBy}) already runs with the data in ${dataDir}: ` +
      'stop it first, or give this one a HERALD_DATA_DIR of its own.',
  )
}
