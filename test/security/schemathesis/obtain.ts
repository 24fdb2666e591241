import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const REQUIREMENTS = path.join(__dirname, 'requirements.txt')

/** Whether this machine's Python can have packages of its own, and is new enough. */
export const hasPython = (): boolean => spawnSync('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']).status === 0

/** The Python that has schemathesis, in the per-user cache: pinned, each file checked against its hash. */
export async function obtainSchemathesis(cacheDir: string): Promise<string> {
  const pinned = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const directory = path.join(cacheDir, `schemathesis-${pinned}`)
  const python = path.join(directory, 'bin/python')
  if (existsSync(python)) return python
  const partial = `${directory}.${process.pid}`
  try {
    await promisify(execFile)('python3', ['-m', 'venv', partial])
    await promisify(execFile)(path.join(partial, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary=:all:', '--requirement', REQUIREMENTS])
    // Of two that come at once, the first one's stays.
    if (!existsSync(python)) renameSync(partial, directory)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return python
}
