import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { arrivedAt, publishInOrder, upTo, watchOrder } from '../support/in-order'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

const isLong = process.env['HERALD_CRASH_LONG'] !== undefined
const KEYS = isLong ? 100 : 20
const EVENTS = isLong ? 100 : 30
const KILLS = isLong ? 8 : 3
const RETRY = { maximumAttempts: 20, initialInterval: '100ms', backoffCoefficient: 1 }

it('keeps the order of every key through kills under load, while a tenth of the POSTs fail', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-ordering-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const watch = watchOrder(() => (Math.random() < 0.1 ? 500 : 200))
  const receiver = await startReceiver({ answer: watch.answer })
  const herald = await startHeraldProcess({ mongodbUri, temporalAddress, name, directory, encryptionKey: newEncryptionKey() })
  try {
    const api = createApi(herald.url, ADMIN_KEY)
    const bank = createBank(api)
    await bank.subscribe(receiver.url, { eventTypes: [5], retry: RETRY, ordering: 'key' })
    const keys = upTo(KEYS).map((k) => `acc-${k}`)
    const publishing = Promise.all(keys.map((key) => publishInOrder(api, key, upTo(EVENTS))))
    for (const kill of upTo(KILLS)) {
      const share = (KEYS * EVENTS * (kill + 1)) / (KILLS + 2)
      await until(() => arrivedAt(watch) >= share, { timeoutMs: 120_000, everyMs: 5 })
      await wait(Math.random() * 50)
      herald.signal('SIGKILL')
      await herald.restart()
    }
    await publishing
    await until(() => arrivedAt(watch) === KEYS * EVENTS, { timeoutMs: 240_000 }).catch((error: Error) => {
      throw new Error(`${error.message}: ${arrivedAt(watch)} of ${KEYS * EVENTS} have arrived`)
    })
    expect(watch.breaches).toEqual([])
    for (const key of keys) expect(watch.delivered.get(key)).toEqual(upTo(EVENTS))
  } finally {
    await herald.stop()
    await receiver.close()
    await rm(directory, { recursive: true, force: true })
  }
}, 600_000)
