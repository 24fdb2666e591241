import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const MEMORY = '/dev/shm'
const ROOM_BYTES = 6 * 2 ** 30

/**
 * A new directory for a server's data. In memory where there is room, since every commit of Temporal and MongoDB
 * waits for the disk: what a test kills or freezes is a process, never the machine, and a file outlives it in both places.
 */
export async function newDataDir(prefix: string): Promise<string> {
  return mkdtemp(path.join((await hasRoom()) ? MEMORY : tmpdir(), prefix))
}

async function hasRoom(): Promise<boolean> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }))
  return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES
}
