import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { codeOf } from './errors'
import { isAlive, startedAt } from './process-info'

export interface Lock {
  release: () => void
}

const holderSchema = z.object({ pid: z.number(), started: z.string() })
type Holder = z.infer<typeof holderSchema>

let made = 0

/** Takes the lock, or answers who has it. A lock whose process is gone is taken over. */
export function tryLock(path: string): Lock | { heldBy: number } {
  mkdirSync(dirname(path), { recursive: true })
  const own = `${path}.${process.pid}.${(made += 1)}`
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startedAt(process.pid) } satisfies Holder))
  try {
    // A link appears with its content, at once and only if nothing is there.
    if (linked(own, path)) return lockAt(path)
    return withTakeover(path, () => {
      const holder = readHolder(path)
      if (holder && isHeld(holder)) return { heldBy: holder.pid }
      rmSync(path, { force: true })
      return linked(own, path) ? lockAt(path) : { heldBy: readHolder(path)?.pid ?? 0 }
    })
  } finally {
    rmSync(own, { force: true })
  }
}

/** Waits for the lock; `onBusy` is told once who has it. */
export async function waitForLock(path: string, onBusy: (heldBy: number) => void): Promise<Lock> {
  let told = false
  for (;;) {
    const lock = tryLock(path)
    if ('release' in lock) return lock
    if (!told) onBusy(lock.heldBy)
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function lockAt(path: string): Lock {
  return { release: () => rmSync(path, { force: true }) }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Of two that find the same dead lock, only one may remove it: the other could remove the new one. */
function withTakeover(path: string, act: () => Lock | { heldBy: number }): Lock | { heldBy: number } {
  const guard = `${path}.takeover`
  try {
    mkdirSync(guard)
  } catch {
    // A takeover lasts milliseconds: an old guard was left by a process that was killed in it.
    if (ageMs(guard) > 10_000) rmSync(guard, { recursive: true, force: true })
    return { heldBy: readHolder(path)?.pid ?? 0 }
  }
  try {
    return act()
  } finally {
    rmSync(guard, { recursive: true, force: true })
  }
}

function isHeld(holder: Holder): boolean {
  return isAlive(holder.pid) && startedAt(holder.pid) === holder.started
}

function readHolder(path: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}
