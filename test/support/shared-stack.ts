import { rm } from 'node:fs/promises'
import type { Stack } from '../../src/stack'

/** What every test file needs to know of the servers that run for all of them. */
export interface SharedStack {
  mongodbUri: string
  temporalAddress: string
  ports: number[]
  workflowBundle: string
}

interface Kept {
  stack: Stack
  dataDir: string
  workflowBundle: string
}

let kept: Kept | undefined

/** In the process that runs the test files: their processes inherit its environment. */
export function keepStack(started: Kept): void {
  kept = started
  const { mongodbUri, temporalAddress, ports } = started.stack
  const shared: SharedStack = { mongodbUri, temporalAddress, ports, workflowBundle: started.workflowBundle }
  process.env['HERALD_TEST_STACK'] = JSON.stringify(shared)
  process.env['HERALD_TEST_MONGODB_URI'] = mongodbUri
}

export async function endStack(): Promise<void> {
  await kept?.stack.stop()
  if (kept) await rm(kept.dataDir, { recursive: true, force: true })
}

/** In a test file. */
export function sharedStack(): SharedStack {
  const text = process.env['HERALD_TEST_STACK']
  if (text === undefined) throw new Error('The test servers do not run: start the tests with npm test')
  return JSON.parse(text) as SharedStack
}
