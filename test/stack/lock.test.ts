import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tryLock, waitForLock, type Lock } from '../../src/stack/lock'
import { temporaryDirectory } from './download-site'

const isLock = (result: Lock | { heldBy: number }): result is Lock => 'release' in result

describe('a lock', () => {
  const directory = temporaryDirectory()
  let locks = 0
  const newPath = (): string => join(directory.path, `lock-${(locks += 1)}`)

  afterAll(directory.remove)

  it('is had by one, and the others hear by whom', () => {
    const path = newPath()
    expect(isLock(tryLock(path))).toBe(true)
    expect(tryLock(path)).toEqual({ heldBy: process.pid })
  })

  it('can be had again once it is released', () => {
    const path = newPath()
    const first = tryLock(path)
    if (isLock(first)) first.release()
    expect(isLock(tryLock(path))).toBe(true)
  })

  it('is taken over from a process that is gone', () => {
    const path = newPath()
    const { pid } = spawnSync('true')
    writeFileSync(path, JSON.stringify({ pid, started: '1' }))
    expect(isLock(tryLock(path))).toBe(true)
  })

  it('is taken over from a process whose pid another one has by now', () => {
    const path = newPath()
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'long ago' }))
    expect(isLock(tryLock(path))).toBe(true)
  })

  it('leaves nothing behind', () => {
    const path = newPath()
    const lock = tryLock(path)
    if (isLock(lock)) lock.release()
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(directory.path).filter((name) => name.startsWith(`lock-${locks}`))).toEqual([])
  })

  it('is waited for, saying so once', async () => {
    const path = newPath()
    const first = tryLock(path)
    const told: number[] = []
    const second = waitForLock(path, (pid) => {
      told.push(pid)
      if (isLock(first)) first.release()
    })
    expect(isLock(await second)).toBe(true)
    expect(told).toEqual([process.pid])
  })
})
