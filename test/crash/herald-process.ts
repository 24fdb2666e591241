import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { choosePort } from '../../src/stack/ports'
import { ADMIN_KEY } from '../support/herald'
import { until } from '../support/until'

export interface HeraldSettings {
  mongodbUri: string
  temporalAddress: string
  /** Database and task queue: processes of the same name are one Herald. */
  name: string
  /** Holds the log of the process. */
  directory: string
  encryptionKey: string
  fault?: string
  /** Further settings. */
  env?: Record<string, string>
}

/** Herald as a process of its own, which a test may kill and freeze. */
export interface HeraldProcess {
  url: string
  signal: (signal: NodeJS.Signals) => void
  /** Starts it again at the same address, without its fault; resolves when it is ready. */
  restart: () => Promise<void>
  /** The signal that the present process ended by, or its exit code. */
  ended: () => Promise<NodeJS.Signals | number | null>
  isReady: () => Promise<boolean>
  /** What it wrote, of all its lives. */
  log: () => string
  /** How it ended when no test had ended it. */
  unexpectedEnds: string[]
  stop: () => Promise<void>
}

const PROGRAM = path.resolve(__dirname, '../../dist/src/bin/herald.js')
const READY_MS = 90_000

/** Resolves when it is ready. */
export async function startHeraldProcess(settings: HeraldSettings): Promise<HeraldProcess> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run the tests with npm test, which builds it`)
  const port = await choosePort('Herald', 0, () => undefined)
  const url = `http://127.0.0.1:${port}`
  const logFile = path.join(settings.directory, `herald-${port}.log`)
  const unexpectedEnds: string[] = []
  const log = (): string => readFileSync(logFile, 'utf8')
  appendFileSync(logFile, '')
  let running = launch(settings.fault)

  function launch(fault?: string): { child: ChildProcess; expected: boolean; ended: Promise<NodeJS.Signals | number | null> } {
    const child = spawn(process.execPath, [PROGRAM, 'start'], {
      env: environment(settings, port, fault),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => appendFileSync(logFile, text))
    const ended = once(child, 'exit').then(([code, signal]: (number | NodeJS.Signals | null)[]) => signal ?? code ?? null) as Promise<
      NodeJS.Signals | number | null
    >
    const launched = { child, expected: fault !== undefined, ended }
    void ended.then((how) => {
      if (!launched.expected) unexpectedEnds.push(`${how}: ${log().slice(-2_000)}`)
    })
    return launched
  }

  const isReady = (): Promise<boolean> =>
    fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(({ ok }) => ok, () => false)

  const ready = (): Promise<boolean> =>
    until(isReady, { timeoutMs: READY_MS }).catch(() => {
      throw new Error(`Herald was not ready in time. It said: ${log().slice(-2_000)}`)
    })

  await ready()
  return {
    url,
    log,
    isReady,
    unexpectedEnds,
    ended: () => running.ended,
    signal: (signal) => {
      if (signal === 'SIGKILL' || signal === 'SIGTERM') running.expected = true
      running.child.kill(signal)
    },
    restart: async () => {
      await running.ended
      running = launch()
      await ready()
    },
    stop: async () => {
      running.expected = true
      running.child.kill('SIGKILL')
      await running.ended
    },
  }
}

export const newEncryptionKey = (): string => randomBytes(32).toString('base64')

function environment(settings: HeraldSettings, port: number, fault: string | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(HERALD_|TEMPORAL_|MONGODB_)/.test(name))
  return {
    ...Object.fromEntries(inherited),
    PORT: String(port),
    MONGODB_URI: settings.mongodbUri,
    TEMPORAL_ADDRESS: settings.temporalAddress,
    HERALD_DATABASE: settings.name,
    HERALD_TASK_QUEUE: settings.name,
    HERALD_ADMIN_KEY: ADMIN_KEY,
    HERALD_ENCRYPTION_KEY: settings.encryptionKey,
    HERALD_ALLOW_TARGETS: '127.0.0.0/8',
    HERALD_DATA_DIR: settings.directory,
    LOG_LEVEL: 'warn',
    ...settings.env,
    ...(fault && { HERALD_FAULT: fault }),
  }
}
