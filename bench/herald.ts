import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { LOOPBACK } from '../src/config'
import { choosePort } from '../src/stack/ports'
import type { Stage } from './stage'

/** A Herald in a process of its own, with a database and a task queue of its own. */
export interface HeraldProcess {
  /** Of its present life. */
  readonly pid: number
  url: string
  database: string
  logFile: string
  /** Calls the API as the administrator, for a tenant; throws unless the answer is 2XX. */
  call: <Body>(method: string, path: string, body?: unknown, tenantId?: string) => Promise<Body>
  stop: () => Promise<void>
  /** Ends it as a power cut does. */
  kill: () => Promise<void>
  /** Starts it again at the same address, with what it had. */
  restart: () => Promise<void>
  /** Another process of the same Herald, at an address of its own. */
  startBeside: () => Promise<HeraldProcess>
}

const START_MS = 60_000
const STOP_MS = 40_000

let started = 0

/** `herald start` against the stage's servers, as a user would run it. */
export async function startHerald(stage: Stage, run: string): Promise<HeraldProcess> {
  const name = `bench-${run}-${++started}`
  const adminKey = `herald_admin_${randomBytes(24).toString('hex')}`
  return launch(stage, name, environment(stage, name, await freePort(), adminKey))
}

const freePort = (): Promise<number> => choosePort('Herald', 0, () => undefined)

async function launch(stage: Stage, name: string, env: Environment): Promise<HeraldProcess> {
  const logFile = path.join(stage.resultsDir, `${name}.log`)
  const url = `http://127.0.0.1:${env.PORT}`
  const begin = async (mode: 'w' | 'a'): Promise<ChildProcess> => {
    const log = openSync(logFile, mode)
    const started = fork(path.join(__dirname, 'actors/herald'), ['start'], {
      env,
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: stage.cpuProf ? ['--cpu-prof', `--cpu-prof-dir=${path.join(stage.resultsDir, `${name}-cpu`)}`] : [],
    })
    closeSync(log)
    await ready(started, url, logFile)
    return started
  }
  let child = await begin('w')
  return {
    get pid() {
      return child.pid ?? 0
    },
    url,
    database: env.HERALD_DATABASE,
    logFile,
    call: (method, at, body, tenantId) => call(url, env.HERALD_ADMIN_KEY, { method, at, body, tenantId }),
    stop: () => stop(child),
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    restart: async () => {
      child = await begin('a')
    },
    startBeside: async () => launch(stage, `${name}-beside`, { ...env, PORT: String(await freePort()) }),
  }
}

type Environment = ReturnType<typeof environment>

const environment = ({ stack }: Stage, name: string, port: number, adminKey: string) => ({
  PORT: String(port),
  MONGODB_URI: stack.mongodbUri,
  TEMPORAL_ADDRESS: stack.temporalAddress,
  HERALD_ADMIN_KEY: adminKey,
  HERALD_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  HERALD_ALLOW_TARGETS: LOOPBACK.join(','),
  HERALD_DATABASE: name,
  HERALD_TASK_QUEUE: name,
})

async function ready(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const end = Date.now() + START_MS
  while (Date.now() < end && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await wait(100)
  }
  child.kill('SIGKILL')
  throw new Error(`Herald did not become ready: see ${logFile}`)
}

interface Request {
  method: string
  at: string
  body: unknown
  tenantId: string | undefined
}

async function call<Body>(url: string, adminKey: string, { method, at, body, tenantId }: Request): Promise<Body> {
  const answer = await fetch(url + at, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      ...(tenantId !== undefined && { 'herald-tenant': tenantId }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${at} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as Body
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(forced)
}
