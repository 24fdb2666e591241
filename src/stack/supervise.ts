import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { end, pidFile } from './end-server'
import { StackError, diskFull, isDiskFull, messageOf } from './errors'
import type { Guardian } from './guardian'
import { withVariables } from './run'
import { boundLog, lastWord, openLog } from './server-log'
import type { Report, ServerName } from './types'

export interface ServerSpec {
  name: ServerName
  command: string
  args: string[]
  variables: Record<string, string>
  /** Holds the server's data, its log and its pid file. */
  directory: string
  /** Resolves when the server can be worked with; must give up when the signal says so. */
  ready: (signal: AbortSignal) => Promise<void>
}

export interface SuperviseDeps {
  report: Report
  guardian: Guardian
  onStart: (pid: number) => void
  onRestart: () => void
  onLost: (error: Error) => void
}

export interface SupervisedServer {
  stop: () => Promise<void>
}

const READY_MS = 90_000
const LOG_CHECK_MS = 60_000
const QUICK_FAILURES = 5
const LONGEST_PAUSE_MS = 5_000
/** Servers choose some of their ports themselves, and now and then another program takes one first. */
const FIRST_STARTS = 3
/** A server that ran this long had not failed to start: its next failure is a first one again. */
const STEADY_MS = 60_000

/** Starts a server, and again whenever it dies, until `stop`. Throws when it does not start at all. */
export async function superviseServer(spec: ServerSpec, deps: SuperviseDeps): Promise<SupervisedServer> {
  mkdirSync(spec.directory, { recursive: true, mode: 0o700 })
  const stopping = new AbortController()
  let current = await launchFirst(spec, deps, stopping.signal)
  const logCheck = setInterval(() => boundLog(logFile(spec.directory)), LOG_CHECK_MS)
  logCheck.unref()

  async function keepRunning(): Promise<void> {
    let failures = 0
    let begun = Date.now()
    while (!stopping.signal.aborted) {
      const how = await current.ended
      if (stopping.signal.aborted) return
      failures = Date.now() - begun > STEADY_MS ? 1 : failures + 1
      deps.report(`${spec.name} ended unexpectedly (${how}), starting it again`)
      for (;;) {
        await pause(failures === 1 ? 0 : Math.min(250 * 2 ** failures, LONGEST_PAUSE_MS), stopping.signal)
        if (stopping.signal.aborted) return
        begun = Date.now()
        try {
          current = await launch(spec, deps, stopping.signal)
          break
        } catch (error) {
          if (stopping.signal.aborted) return
          failures += 1
          if (failures > QUICK_FAILURES) return giveUp(error)
          deps.report(messageOf(error))
        }
      }
      deps.report(`${spec.name} runs again`)
      deps.onRestart()
    }
  }

  function giveUp(error: unknown): void {
    const lost = new StackError(`${spec.name} does not stay up and is no longer restarted. ${messageOf(error)}`)
    deps.report(lost.message)
    deps.onLost(lost)
  }

  const kept = keepRunning()
  return {
    async stop() {
      stopping.abort()
      clearInterval(logCheck)
      await end(current.child.pid)
      await kept
      forget(spec, deps)
    },
  }
}

/** Again when the server ends by itself: Temporal does on a lost race for a port (temporalio/cli#667). */
async function launchFirst(spec: ServerSpec, deps: SuperviseDeps, stopping: AbortSignal): Promise<Running> {
  for (let start = 1; ; start += 1) {
    try {
      return await launch(spec, deps, stopping)
    } catch (error) {
      if (!(error instanceof EndedAtStart) || start === FIRST_STARTS) throw error
      deps.report(`${error.message} Starting it again`)
    }
  }
}

class EndedAtStart extends StackError {}

interface Running {
  child: ChildProcess
  /** Resolves with how it ended. */
  ended: Promise<string>
}

async function launch(spec: ServerSpec, deps: SuperviseDeps, stopping: AbortSignal): Promise<Running> {
  const running = spawnServer(spec, deps)
  let ended = false
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), READY_MS)
  const signal = AbortSignal.any([over.signal, stopping])
  try {
    await Promise.race([
      spec.ready(signal),
      running.ended.then((how) => {
        ended = true
        throw new Error(`it ended ${how}`)
      }),
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error(`it was not ready after ${READY_MS / 1000} s`)))
      }),
    ])
    return running
  } catch (error) {
    // Told before the server is ended: its last words are not about that.
    const failure = startFailure(spec, error, ended ? EndedAtStart : StackError)
    await end(running.child.pid)
    forget(spec, deps)
    throw failure
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

function spawnServer(spec: ServerSpec, deps: SuperviseDeps): Running {
  const log = openLog(logFile(spec.directory))
  const [file, args] = withVariables(spec.command, spec.args, spec.variables)
  // A process group of its own: Ctrl-C reaches Herald alone, which then ends the servers in order.
  const child = spawn(file, args, { cwd: spec.directory, detached: true, stdio: ['ignore', log.fd, log.fd] })
  log.close()
  if (child.pid !== undefined) {
    deps.guardian.watch(spec.name, child.pid)
    writeFileSync(pidFile(spec.directory), `${child.pid}\n`)
    deps.onStart(child.pid)
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`because of ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ? `by ${signal}` : `with code ${code}`))
  })
  return { child, ended }
}

function startFailure(spec: ServerSpec, error: unknown, Failure: typeof StackError): StackError {
  if (error instanceof StackError) return error
  const word = lastWord(logFile(spec.directory))
  if (isDiskFull(word) || isDiskFull(error)) return diskFull(spec.directory)
  return new Failure(
    `${spec.name} did not start (${messageOf(error)}).${word ? ` It said: ${word}.` : ''} ` +
      `Its whole log is ${logFile(spec.directory)}.`,
  )
}

function forget(spec: ServerSpec, deps: SuperviseDeps): void {
  deps.guardian.watch(spec.name, undefined)
  rmSync(pidFile(spec.directory), { force: true })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const logFile = (directory: string): string => join(directory, 'server.log')
