import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const MEMORY = '/dev/shm'
const ROOM_BYTES = 6 * 2 ** 30

/**
 * A new directory for a server's data. In memory where there is room, since every commit of Temporal and MongoDB
 * waits for the disk: what a test kills or freezes is a process, never the machine, and a file outlives it in both places.
 */
export async function newDataDir(prefix: string): Promise<string> {
  await removeStale()
  return mkdtemp(path.join((await hasRoom()) ? MEMORY : tmpdir(), `${prefix}${process.pid}-`))
}

/** A run that was killed has left its data, which keeps memory from everybody. */
async function removeStale(): Promise<void> {
  const left = await readdir(MEMORY).catch(() => [])
  const stale = left.filter((name) => !isAlive(Number(/^herald-[a-z-]+-(\d+)-\w{6}$/.exec(name)?.[1] ?? process.pid)))
  await Promise.all(stale.map((name) => rm(path.join(MEMORY, name), { recursive: true, force: true })))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }))
  return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES
}
