import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { codeOf } from './errors'

/** The command line of a running process; empty when there is none (or it is a zombie). */
export function commandLine(pid: number): string {
  if (process.platform === 'linux') return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim()
  return ps(pid, 'command=')
}

/**
 * When a process began, as an opaque text. With the pid it names one process for good: pids are
 * used again, in containers at every start.
 */
export function startedAt(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'lstart=')
  const afterName = readProc(pid, 'stat').split(') ').at(-1) ?? ''
  // proc(5): field 22, in clock ticks since boot; two fields stand before the name's end.
  return afterName.split(' ')[19] ?? ''
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  return process.platform !== 'linux' || !/\) Z /.test(readProc(pid, 'stat'))
}

/** Waits until the process is gone; false when it is still there after the time. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return true
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}
