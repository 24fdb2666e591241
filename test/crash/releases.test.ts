import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { within } from '../../src/domain/within'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

const PARKED = 60
const PER_SECOND = 10
/** A POST that a kill swallows counts: with a single attempt it would park again. */
const RETRY = { maximumAttempts: 3, initialInterval: '100ms', backoffCoefficient: 1 }

it('carries a release through kills: between moving and telling, and in the middle', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-releases-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const receiver = await startReceiver({ answer: 500 })
  const settings = { mongodbUri, temporalAddress, name, directory, encryptionKey: newEncryptionKey(), fault: 'after-release:1' }
  const herald = await startHeraldProcess(settings)
  try {
    const api = createApi(herald.url, ADMIN_KEY)
    const bank = createBank(api)
    const webhookId = await bank.subscribe(receiver.url, { eventTypes: [5], retry: RETRY })
    const events = Array.from({ length: PARKED }, (_, i) => ({ id: `evt-${i}`, type: 5, data: { id: `txn-${i}` } }))
    await api('POST', '/v1/events/batch', { events })
    const count = async (status: string) => (await bank.deliveries(`webhookId=${webhookId}&status=${status}`)).length
    await until(async () => (await count('parked')) === PARKED, { timeoutMs: 30_000 })
    receiver.answer = 200
    const before = receiver.requests.length

    await api('POST', '/v1/releases', { action: 'retry', filter: { webhookId }, ratePerSecond: PER_SECOND })
    expect(await within(herald.ended(), 60_000)).toBe(true)
    await herald.restart()
    await receiver.waitFor(before + 2 * PER_SECOND, 60_000)
    herald.signal('SIGKILL')
    await herald.restart()

    await until(async () => (await count('delivered')) === PARKED, { timeoutMs: 60_000 }).catch(async (error: Error) => {
      throw new Error(`${error.message}; parked ${await count('parked')}, retrying ${await count('retrying')}`)
    })
    const [release] = (await api<{ data: { total: number; progress: { delivered: number } }[] }>('GET', '/v1/releases')).body.data
    expect(release).toMatchObject({ total: PARKED, progress: { delivered: PARKED } })
    // A POST whose answer the kill swallowed is made again, with the same id.
    const ids = receiver.requests.slice(before).map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(PARKED)
    expect(ids.length).toBeLessThan(PARKED + 2 * PER_SECOND)
  } finally {
    await herald.stop()
    await receiver.close()
    await rm(directory, { recursive: true, force: true })
  }
}, 240_000)
