import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { within } from '../../src/domain/within'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { startSmtp } from '../support/smtp'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

it('reports by event and by mail what it had parked when it was killed, each once, and killed again', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-reports-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const smtp = await startSmtp()
  const [dead, operations] = [await startReceiver({ answer: 500 }), await startReceiver()]
  const env = {
    HERALD_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    HERALD_MAIL_FROM: 'herald@herald.example',
    HERALD_MAIL_TO: 'operators@herald.example',
  }
  const settings = { mongodbUri, temporalAddress, name, directory, encryptionKey: newEncryptionKey(), fault: 'after-park:1', env }
  const herald = await startHeraldProcess(settings)
  try {
    const bank = createBank(createApi(herald.url, ADMIN_KEY))
    const webhookId = await bank.subscribe(dead.url, { retry: { maximumAttempts: 1 } })
    await bank.subscribe(operations.url, { eventTypes: ['delivery.parked'] })
    const eventId = await bank.publish()
    expect(await within(herald.ended(), 60_000)).toBe(true)
    // Parked, and nobody was told.
    expect(operations.requests).toHaveLength(0)

    await herald.restart()
    await operations.waitFor(1, 60_000)
    expect(smtp.mails).toHaveLength(0)
    herald.signal('SIGKILL')
    await herald.restart()

    const [mail] = await smtp.waitFor('operators@herald.example', 1, 90_000)
    expect(mail?.body).toContain(webhookId)
    expect(mail?.headers.get('subject')).toBe('Herald, Default: 1 delivery parked')
    expect((await bank.delivery(eventId, webhookId))?.status).toBe('parked')
    expect(new Set(operations.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(herald.unexpectedEnds).toEqual([])
  } finally {
    await herald.stop()
    await Promise.all([smtp.close(), dead.close(), operations.close()])
    await rm(directory, { recursive: true, force: true })
  }
}, 240_000)
