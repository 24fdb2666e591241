import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

/** Temporal gives tasks to the frozen process for minutes: too long for every run of the tests. */
const isLong = process.env['HERALD_CRASH_LONG'] !== undefined
const EVENTS = 60
const ANSWER_MS = 600

;(isLong ? it : it.skip)('begins none of the POSTs that it had claimed when it wakes and another process works the queue off', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-frozen-'))
  const settings = { mongodbUri, temporalAddress, name: `frozen-${randomBytes(3).toString('hex')}`, directory, encryptionKey: newEncryptionKey() }
  const open = { now: 0, most: 0 }
  const receiver = await startReceiver({
    answer: async () => {
      open.now += 1
      open.most = Math.max(open.most, open.now)
      await wait(ANSWER_MS)
      open.now -= 1
      return 200
    },
  })
  const first = await startHeraldProcess(settings)
  let second: Awaited<ReturnType<typeof startHeraldProcess>> | undefined
  try {
    const bank = createBank(createApi(first.url, ADMIN_KEY))
    const webhookId = await bank.subscribe(receiver.url, { eventTypes: [5], maxInFlight: 1 })
    const events = Array.from({ length: EVENTS }, (_, i) => ({ id: `evt-${i}`, type: 5, data: { id: `txn-${i}` } }))
    await createApi(first.url, ADMIN_KEY)('POST', '/v1/events/batch', { events })
    await receiver.waitFor(2)
    second = await startHeraldProcess(settings)
    const api = createApi(second.url, ADMIN_KEY)
    first.signal('SIGSTOP')
    const before = receiver.requests.length
    // The other one has gone on, and is in the middle of its work.
    await receiver.waitFor(before + 4, 200_000)
    open.most = 0
    first.signal('SIGCONT')
    await until(async () => (await createBank(api).deliveries(`webhookId=${webhookId}&status=delivered`)).length === EVENTS, { timeoutMs: 90_000 })
    expect(open.most).toBe(1)
  } finally {
    await first.stop()
    await second?.stop()
    await receiver.close()
    await rm(directory, { recursive: true, force: true })
  }
}, 400_000)
