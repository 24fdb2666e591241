import { spawn } from 'node:child_process'

export interface RunOptions {
  cwd?: string
  /** Added to this process's own environment. */
  variables?: Record<string, string>
  timeoutMs?: number
  /** Told every ten seconds that the command still runs. */
  onWaiting?: (seconds: number) => void
  /** Finds, in what the command said, why it failed; else it is the last line. */
  why?: (stderr: string) => string | undefined
  /** Replaces the search path, for tests. */
  path?: string
}

export interface RunResult {
  stdout: string
  stderr: string
}

/** Runs a command to its end. Throws with the last thing that it said when it fails. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const variables = { ...options.variables, ...(options.path === undefined ? {} : { PATH: options.path }) }
  const [file, all] = withVariables(command, args, variables)
  const begun = Date.now()
  const child = spawn(file, all, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const waiting = options.onWaiting
    ? setInterval(() => options.onWaiting?.(Math.round((Date.now() - begun) / 1000)), 10_000)
    : undefined
  const limit = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs)
  try {
    const end = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    const result = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
    if (end.code === 0) return result
    throw new Error(failure(command, end, result, options))
  } finally {
    clearInterval(waiting)
    clearTimeout(limit)
  }
}

/**
 * A command line that adds variables to what the child inherits: only env.ts reads this process's
 * environment, so that nobody else can copy it.
 */
export function withVariables(command: string, args: string[], variables: Record<string, string> = {}): [string, string[]] {
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return added.length === 0 ? [command, args] : ['/usr/bin/env', [...added, command, ...args]]
}

/** The full path of a command on PATH. */
export async function findOnPath(command: string, path?: string): Promise<string | undefined> {
  try {
    const found = await run('/bin/sh', ['-c', 'command -v "$1"', 'sh', command], path === undefined ? {} : { path })
    return found.stdout.trim() || undefined
  } catch {
    return undefined
  }
}

function failure(
  command: string,
  end: { code: number | null; signal: string | null },
  { stdout, stderr }: RunResult,
  { timeoutMs, why }: RunOptions,
): string {
  if (end.signal === 'SIGKILL' && timeoutMs !== undefined) return `${command} did not answer within ${timeoutMs / 1000} s`
  if (end.code === 127) return `${command} is not on PATH`
  if (end.signal === 'SIGILL' || end.code === 132) return `${command} needs a newer processor than this one (illegal instruction)`
  const how = end.signal ? `was ended by ${end.signal}` : `ended with code ${end.code}`
  return `${command} ${how}: ${why?.(stderr) || lastLine(stderr) || lastLine(stdout) || 'without a word'}`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 500) ?? ''
}
