import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { createSealer } from '../../src/delivery/seal'
import { useScene } from '../support/scene'
import { ADMIN_KEY, startTestHerald } from '../support/herald'

const HERALD = path.resolve(__dirname, '../../dist/src/bin/herald.js')
const scene = useScene()

interface Run {
  code: number
  stdout: string
  stderr: string
}

/** As a person types it where Herald runs. */
async function herald(url: string, ...args: string[]): Promise<Run> {
  const env = { PATH: process.env['PATH'], HERALD_ADMIN_KEY: ADMIN_KEY, PORT: new URL(url).port }
  return promisify(execFile)(process.execPath, [HERALD, ...args], { env }).then(
    (result) => ({ code: 0, ...result }),
    (error: Run) => error,
  )
}

it('audit verify says of each tenant whether its log is whole, and fails when one is not', async () => {
  await scene.subscribe((await scene.receiver()).url)
  await scene.api('POST', '/v1/api-keys', { name: 'n', scopes: ['read'] })
  const whole = await herald(scene.herald.url, 'audit', 'verify')
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^${scene.tenantId}\twhole\t4 lines\t[0-9a-f]{64}$`, 'm')) })

  await scene.herald.herald.context.store.models.auditLines.deleteOne({ tenantId: scene.tenantId, number: 1 })
  const broken = await herald(scene.herald.url, 'audit', 'verify')
  expect(broken).toMatchObject({ code: 1, stdout: expect.stringContaining(`${scene.tenantId}\tBROKEN\tline 1: it is missing\n`) })
  expect(broken.stdout).toMatch(/^default\twhole/m)
})

it('keys rotate seals anew what another key has sealed, while deliveries go on, and says that it is needed no more', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { mongodb, encryptionKey: before } = scene.herald.config
  const now = Buffer.alloc(32, 9)
  const second = await startTestHerald({ role: 'api', config: { mongodb, encryptionKey: now, otherEncryptionKeys: [before] } })
  const { keyId } = createSealer(now)
  const first = await herald(second.url, 'keys', 'rotate')
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain(`sealed anew with key ${keyId}.\nNo other key is needed any more.\n`)
  expect((await herald(second.url, 'keys', 'rotate')).stdout).toBe(`Done: 0 sealed anew with key ${keyId}.\nNo other key is needed any more.\n`)
  await second.stop()

  const { mongodb: same } = scene.herald.config
  const third = await startTestHerald({ role: 'all', config: { mongodb: same, encryptionKey: now } })
  const { body } = await third.api<{ data: { secretsLost?: boolean }[] }>('GET', '/v1/webhooks', undefined, { 'herald-tenant': scene.tenantId })
  expect(body.data).toEqual([expect.not.objectContaining({ secretsLost: true })])
  await third.stop()
  await expect(startTestHerald({ role: 'api', config: { mongodb, encryptionKey: before } })).rejects.toThrow(`sealed with key ${keyId}`)
})
