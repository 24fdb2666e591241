import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sharedStack } from '../support/shared-stack'
import { startHarness } from './harness'

const ROUNDS = process.env['HERALD_CRASH_LONG'] === undefined ? 1 : 5
const PER_SECOND = 30
const UNDER_WAY_MS = 3_000

it('replaces every process under load, one after the other, and nothing is lost, doubled or counted as unknown', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-upgrade-'))
  const name = `upgrade-${randomBytes(3).toString('hex')}`
  const harness = await startHarness({ mongodbUri, temporalAddress, name, directory, perSecond: PER_SECOND })
  try {
    const processes = [harness.herald, await harness.addProcess()]
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const one of processes) {
        await pause(UNDER_WAY_MS)
        one.signal('SIGTERM')
        expect(await one.ended()).toBe(0)
        await one.restart()
      }
    }
    await pause(UNDER_WAY_MS)
    const { events, parked, posts, attempts } = await harness.verify(120_000)

    expect(events).toBeGreaterThan(4 * PER_SECOND)
    expect(parked).toBeGreaterThan(0)
    expect(attempts).toBe(posts)
  } finally {
    await harness.close()
    await rm(directory, { recursive: true, force: true })
  }
}, 300_000)
