import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, isAlive, waitForEnd } from './process-info'
import type { Report, ServerName } from './types'

const STOP_MS = 30_000

/** Ends the server that an earlier Herald left in this directory, if it still runs. */
export async function endStale(name: ServerName, directory: string, report: Report): Promise<void> {
  const pid = readPid(directory)
  // The pid may be another program's by now; ours has the directory in its command line.
  if (pid === undefined || !isAlive(pid) || !commandLine(pid).includes(directory)) return
  report(`${name}: ending the one that an earlier start left running (process ${pid})`)
  await end(pid)
}

/** Asks a process to end, and ends it when it does not. */
export async function end(pid: number | undefined): Promise<void> {
  if (pid === undefined) return
  signalTo(pid, 'SIGTERM')
  if (await waitForEnd(pid, STOP_MS)) return
  signalTo(pid, 'SIGKILL')
  await waitForEnd(pid, STOP_MS)
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}

/** Where the pid of the server with this directory is kept while it runs. */
export function pidFile(directory: string): string {
  return join(directory, 'server.pid')
}

function readPid(directory: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(pidFile(directory), 'utf8'), 10) || undefined
  } catch {
    return undefined
  }
}
