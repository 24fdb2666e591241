import { createSealer } from '../../src/delivery/seal'
import { createLogger } from '../../src/logger'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createWebhookStore } from '../../src/store/webhooks'
import { newDelivery } from '../support/new-delivery'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

it('holds what a paused webhook would get, without a POST, and releases it in order when it resumes', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  expect((await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)).status).toBe(200)
  const eventIds: string[] = []
  for (let i = 0; i < 12; i += 1) eventIds.push(await scene.publish())
  for (const eventId of eventIds) expect(await scene.inStatus('held', eventId)).toMatchObject({ attemptCount: 0 })
  expect(receiver.requests).toHaveLength(0)

  expect((await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)).status).toBe(200)

  await receiver.waitFor(12)
  const begun: number[] = []
  for (const eventId of eventIds) begun.push(Date.parse((await scene.inStatus('delivered', eventId)).attempts[0]?.startedAt ?? ''))
  // Two that are under way at once may arrive either way round.
  expect(begun).toEqual(begun.toSorted((a, b) => a - b))
})

it('holds a delivery that waits between attempts when its webhook is paused, and goes on with its count', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 3, initialInterval: '1s', backoffCoefficient: 1 } })
  const eventId = await scene.publish()
  await receiver.waitFor(1)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  expect(await scene.inStatus('held', eventId)).toMatchObject({ attemptCount: 1 })
  receiver.answer = 200

  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 2 })
})

it('uses a new URL and new credentials at the very next attempt', async () => {
  const [before, after] = await Promise.all([scene.receiver(500), scene.receiver()])
  const webhookId = await scene.subscribe(before.url, {
    retry: { maximumAttempts: 3, initialInterval: '1s' },
    auth: { type: 'basic', username: 'old', password: 'secret' },
  })
  const eventId = await scene.publish()
  await before.waitFor(1)

  const auth = { type: 'basic', username: 'née', password: 'pass:wörd' }
  expect((await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { url: after.url, auth })).status).toBe(200)

  const delivery = await scene.inStatus('delivered', eventId)
  expect(before.requests).toHaveLength(1)
  const [request] = after.requests
  expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('née:pass:wörd').toString('base64')}`)
  expect(JSON.stringify(delivery)).not.toContain(request?.headers.authorization)
})

it('cancels the deliveries of a deleted webhook, parked and under way, and erases its credentials', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 }, headers: { 'x-key': 'canary' } })
  const parkedEvent = await scene.publish()
  const { workflowId } = await scene.inStatus('parked', parkedEvent)
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { retry: { maximumAttempts: 5, initialInterval: '60s' } })
  const waitingEvent = await scene.publish()
  await scene.inStatus('retrying', waitingEvent)

  expect((await scene.api('DELETE', `/v1/webhooks/${webhookId}`)).status).toBe(204)

  await scene.inStatus('cancelled', parkedEvent)
  await scene.inStatus('cancelled', waitingEvent)
  expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).status).toBe(404)
  const { store, temporal } = scene.herald.herald.context
  const record = await store.models.webhooks.findById(webhookId).lean()
  expect(record?.sealed).toBe('')
  await temporal.client.workflow.getHandle(workflowId).result()
})

describe('a delete that is interrupted', () => {
  const interrupted = (webhookId: string) =>
    createWebhookStore(
      scene.herald.herald.context.store.models,
      createSealer(scene.herald.config.encryptionKey),
      createLogger('silent'),
    ).remove(scene.tenantId, webhookId)

  it('is finished: what was parked and held is cancelled, and the workflows end', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
    const parked = await scene.inStatus('parked', await scene.publish())
    await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
    const held = await scene.inStatus('held', await scene.publish())

    await interrupted(webhookId)

    await scene.inStatus('cancelled', parked.eventId)
    await scene.inStatus('cancelled', held.eventId)
    const { store, temporal } = scene.herald.herald.context
    await temporal.client.workflow.getHandle(parked.workflowId).result()
    await until(async () => (await store.models.webhooks.findById(webhookId).lean())?.uncancelled === undefined)
  })

  it('cancels what was held in the very moment of a delete', async () => {
    const webhookId = await scene.subscribe((await scene.receiver()).url)
    expect((await scene.api('DELETE', `/v1/webhooks/${webhookId}`)).status).toBe(204)
    const { models } = scene.herald.herald.context.store
    const late = newDelivery({ id: `dlv_${scene.tenantId}`, tenantId: scene.tenantId, webhookId, status: 'held', posts: 0, intents: [] })

    await createDeliveryStore(models).insert([late])

    await scene.inStatus('cancelled', late.eventId)
  })
})
