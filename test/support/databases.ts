import { randomBytes } from 'node:crypto'

declare global {
  var heraldTestDatabases: Set<string> | undefined
}

/**
 * A name that no other test has. The environment drops a file's databases after it: each has more than a
 * hundred files, and MongoDB keeps all of them open.
 */
export function newDatabase(): string {
  const name = `test-${randomBytes(6).toString('hex')}`
  globalThis.heraldTestDatabases ??= new Set()
  globalThis.heraldTestDatabases.add(name)
  return name
}
