import { randomBytes } from 'node:crypto'
import { SettingsError } from '../../src/env'
import { startTestHerald, testConfig } from '../support/herald'
import { useScene } from '../support/scene'

const scene = useScene()

const AUTH = { type: 'basic', username: 'herald', password: 'of the receiver' }

/** A restore that went wrong, or a record that was copied by hand. */
const breakSeal = (webhookId: string) =>
  scene.herald.herald.context.store.models.webhooks.updateOne({ _id: webhookId }, { sealed: 's1.00000000.AAAA' })

describe('a webhook whose secrets cannot be opened', () => {
  it('is suspended alone: what it would get is held, and the others go on', async () => {
    const [broken, well] = [await scene.receiver(), await scene.receiver()]
    const brokenHook = await scene.subscribe(broken.url)
    const wellHook = await scene.subscribe(well.url)
    await breakSeal(brokenHook)

    const eventId = await scene.publish()

    await scene.inStatus('delivered', eventId, wellHook)
    expect(await scene.inStatus('held', eventId, brokenHook)).toMatchObject({ attemptCount: 0 })
    expect(broken.requests).toHaveLength(0)
    expect((await scene.api('GET', `/v1/webhooks/${brokenHook}`)).body).toMatchObject({ status: 'suspended', secretsLost: true })
  })

  it('is also one that has those of another webhook: they do not open there, and are shown to nobody', async () => {
    const { models } = scene.herald.herald.context.store
    const [mine, other] = [await scene.subscribe((await scene.receiver()).url), await scene.subscribe((await scene.receiver()).url, { auth: AUTH })]
    const copied = await models.webhooks.findById(other).lean<{ sealed: string }>()
    await models.webhooks.updateOne({ _id: mine }, { sealed: copied?.sealed })
    await scene.inStatus('held', await scene.publish(), mine)
    expect((await scene.api('GET', `/v1/webhooks/${mine}`)).body).toMatchObject({ secretsLost: true })
    expect((await scene.api('POST', `/v1/webhooks/${mine}/reveal-secret`)).status).toBe(409)

    // Of the same id, in another tenant.
    const elsewhere = `${scene.tenantId}-b`
    await scene.herald.api('POST', '/v1/tenants', { id: elsewhere })
    await models.webhooks.updateOne({ _id: other }, { tenantId: elsewhere })
    expect((await scene.herald.api('POST', `/v1/webhooks/${other}/reveal-secret`, undefined, { 'herald-tenant': elsewhere })).status).toBe(409)
  })

  it('holds what waited between attempts', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 3, initialInterval: '1s', backoffCoefficient: 1 } })
    const eventId = await scene.publish()
    await receiver.waitFor(1)

    await breakSeal(webhookId)

    expect(await scene.inStatus('held', eventId)).toMatchObject({ attemptCount: 1 })
  })

  it('is shown and edited, is not resumed without its secrets, and delivers what it held once they are given again', async () => {
    const receiver = await scene.receiver()
    const webhookId = await scene.subscribe(receiver.url, { auth: AUTH })
    const path = `/v1/webhooks/${webhookId}`
    await breakSeal(webhookId)
    const eventId = await scene.publish()
    await scene.inStatus('held', eventId)

    expect((await scene.api<{ data: unknown[] }>('GET', '/v1/webhooks')).body.data).toEqual([expect.objectContaining({ id: webhookId, secretsLost: true })])
    expect(await scene.api('PATCH', path, { description: 'Core banking' })).toMatchObject({ status: 200, body: { description: 'Core banking', secretsLost: true } })
    const refused = await scene.api('POST', `${path}/resume`)
    expect(refused).toMatchObject({ status: 409, body: { currentStatus: 'suspended', detail: expect.stringContaining('PATCH') } })

    const mended = await scene.api('PATCH', path, { auth: AUTH })
    expect(mended).toMatchObject({ status: 200, body: { status: 'suspended', auth: { type: 'basic' }, secret: expect.stringMatching(/^whsec_/) } })
    expect(mended.body.secretsLost).toBeUndefined()
    expect((await scene.api('POST', `${path}/resume`)).body).toMatchObject({ status: 'active' })

    await scene.inStatus('delivered', eventId)
    expect(receiver.requests[0]?.headers.authorization).toMatch(/^Basic /)
    expect(receiver.requests[0]?.headers['webhook-signature']).toMatch(/^v1,/)
  })

  it('keeps what is sealed, and answers no new secret, until the secrets are given again', async () => {
    const webhookId = await scene.subscribe((await scene.receiver()).url, { auth: AUTH })
    const sealed = async () => (await scene.herald.herald.context.store.models.webhooks.findById(webhookId).lean<{ sealed: string }>())?.sealed
    await breakSeal(webhookId)
    const before = await sealed()

    for (const change of [{ description: 'Core banking' }, { signatures: ['v1', 'v1a'] }]) {
      const { status, body } = await scene.api('PATCH', `/v1/webhooks/${webhookId}`, change)
      expect([status, body.secret, body.secretsLost, await sealed()]).toEqual([200, undefined, true, before])
    }

    const { body } = await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { auth: null })
    expect(body).toMatchObject({ secret: expect.stringMatching(/^whsec_/), signatures: ['v1', 'v1a'], publicKey: expect.any(String) })
  })

  it('keeps its signing secret to itself when it is patched and well', async () => {
    const webhookId = await scene.subscribe((await scene.receiver()).url)
    expect((await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { auth: AUTH })).body.secret).toBeUndefined()
  })
})

it('refuses to start with another key than the one that sealed the secrets, and says which is meant', async () => {
  const config = { ...scene.herald.config, encryptionKey: randomBytes(32), http: { host: '127.0.0.1', port: 0 } }

  const started = startTestHerald({ role: 'api', config })

  await expect(started).rejects.toThrow(SettingsError)
  await expect(started).rejects.toThrow(/HERALD_ENCRYPTION_KEY is not the key .* sealed with key \w{8}, but the configured key is \w{8}/)
})

it('lets several processes start for the first time at once', async () => {
  const config = testConfig()
  const heralds = await Promise.all([1, 2, 3].map(() => startTestHerald({ role: 'api', config })))
  await Promise.all(heralds.map(({ stop }) => stop()))
})

it('lets one of two first starts win that have different keys', async () => {
  const config = testConfig()
  const starts = await Promise.allSettled(
    [randomBytes(32), randomBytes(32)].map((encryptionKey) => startTestHerald({ role: 'api', config: { ...config, encryptionKey } })),
  )
  for (const start of starts) if (start.status === 'fulfilled') await start.value.stop()
  expect(starts.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})
