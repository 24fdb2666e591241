import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pLimit from 'p-limit'
import { within } from '../../src/domain/within'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'
import { startHarness } from './harness'

/** The place at which the process ends, and the passing of it, counted from 1. */
const FAULTS = ['after-journal:15', 'after-start:10', 'after-intent:10', 'after-post:25', 'after-outcome:10', 'before-park:1']

const EVENTS = 40
const PER_SECOND = 10
/** All at once would keep the processor too busy to tell slow from lost. */
const SIDE_BY_SIDE = 3

async function killAt(fault: string): Promise<void> {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-${fault.replace(':', '-')}-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const harness = await startHarness({ mongodbUri, temporalAddress, name, directory, fault, perSecond: PER_SECOND, events: EVENTS })
  try {
    const died = harness.herald.ended()
    expect(await within(died, 60_000)).toBe(true)
    expect(await died).toBe('SIGKILL')
    await harness.herald.restart()
    await until(() => harness.load.publications.length >= EVENTS)
    const { parked } = await harness.verify(90_000)
    expect(parked).toBeGreaterThan(0)
  } finally {
    await harness.close()
    await rm(directory, { recursive: true, force: true })
  }
}

describe('Herald, ended as by kill -9 at an arrow of the way of an event,', () => {
  // Side by side: most of the time is waiting for leases and time-outs to run out.
  const runs = new Map<string, Promise<unknown>>()
  beforeAll(() => {
    const limit = pLimit(SIDE_BY_SIDE)
    for (const fault of FAULTS) runs.set(fault, limit(() => killAt(fault)).catch((error: unknown) => error))
  })
  afterAll(() => Promise.all(runs.values()))

  it.each(FAULTS)(
    'keeps its promise: %s',
    async (fault) => {
      expect(await runs.get(fault)).toBeUndefined()
    },
    180_000,
  )
})
