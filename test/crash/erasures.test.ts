import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { within } from '../../src/domain/within'
import { createBank, transaction } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

const EVENTS = 110

it.each(['after-blank:1', 'after-erasure-cancel:2'])('carries an erasure through a kill: %s', async (fault) => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-erasures-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const receiver = await startReceiver({ answer: 500 })
  const herald = await startHeraldProcess({ mongodbUri, temporalAddress, name, directory, encryptionKey: newEncryptionKey(), fault })
  try {
    const api = createApi(herald.url, ADMIN_KEY)
    const bank = createBank(api)
    const webhookId = await bank.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
    await api('POST', '/v1/events/batch', { events: Array.from({ length: EVENTS }, (_, i) => ({ id: `evt-${i}`, ...transaction('cust-1') })) })
    await until(async () => (await bank.deliveries('status=parked')).length === EVENTS, { timeoutMs: 120_000 })

    const { body } = await api<{ id: string }>('POST', '/v1/erasures', { entityId: 'cust-1' })
    expect(await within(herald.ended(), 60_000)).toBe(true)
    await herald.restart()

    const report = await until(async () => {
      const seen = (await api<{ status: string }>('GET', `/v1/erasures/${body.id}`)).body
      return seen.status === 'finished' ? seen : undefined
    }, { timeoutMs: 90_000 })
    expect(report).toMatchObject({ total: EVENTS, events: EVENTS, deliveries: EVENTS, cancelled: EVENTS, attempts: EVENTS, receivers: [{ webhookId, deliveries: EVENTS }] })
    expect((await bank.deliveries('status=cancelled')).length).toBe(EVENTS)
  } finally {
    await herald.stop()
    await receiver.close()
    await rm(directory, { recursive: true, force: true })
  }
}, 240_000)
