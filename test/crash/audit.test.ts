import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { within } from '../../src/domain/within'
import { ADMIN_KEY, createApi } from '../support/herald'
import { sharedStack } from '../support/shared-stack'
import { newEncryptionKey, startHeraldProcess } from './herald-process'

interface Line {
  number: number
  action: string
  target: string[]
  fields: string[]
  status?: number
}

it('keeps a line of a change that a kill has come after, and an honest book', async () => {
  const { mongodbUri, temporalAddress } = sharedStack()
  const name = `crash-audit-${randomBytes(3).toString('hex')}`
  const directory = await mkdtemp(path.join(tmpdir(), 'herald-crash-'))
  const settings = { mongodbUri, temporalAddress, name, directory, encryptionKey: newEncryptionKey(), fault: 'before-audit-end:2' }
  const herald = await startHeraldProcess(settings)
  try {
    const api = createApi(herald.url, ADMIN_KEY)
    const { id } = (await api<{ id: string }>('POST', '/v1/webhooks', { url: 'http://127.0.0.1:8099/hook', eventTypes: [5] })).body
    await expect(api('PATCH', `/v1/webhooks/${id}`, { description: 'changed by nobody' })).rejects.toThrow()
    expect(await within(herald.ended(), 60_000)).toBe(true)
    await herald.restart()

    // It was made, and nobody was told so: the book says who has begun it.
    expect((await api<{ description: string }>('GET', `/v1/webhooks/${id}`)).body.description).toBe('changed by nobody')
    const [line, before] = (await api<{ data: Line[] }>('GET', `/v1/audit?target=${id}`)).body.data
    expect(line).toMatchObject({ action: 'PATCH /v1/webhooks/{id}', target: [id], fields: ['description'] })
    expect(line).not.toHaveProperty('status')
    expect(before).toMatchObject({ action: 'POST /v1/webhooks', status: 201 })
    expect((await api('GET', '/v1/audit/verify')).body).toMatchObject({ whole: true, open: [line?.number] })
  } finally {
    await herald.stop()
    await rm(directory, { recursive: true, force: true })
  }
}, 120_000)
