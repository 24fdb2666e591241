import { startDelivery } from '../../src'
import { transaction } from '../support/bank'
import { useScene } from '../support/scene'
import { until } from '../support/until'

/** Looks for what is overdue every second. */
const scene = useScene()
/** Only what happens on the way of a delivery can expire it here in time. */
const alone = useScene({ config: { reconcile: { everyMs: 60_000, patienceMs: 60_000 } } })

const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString()
const once = { maximumAttempts: 1 }

it('does not attempt again what has expired between two attempts', async () => {
  const receiver = await alone.receiver(500)
  await alone.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '4s' } })
  const expireAt = ahead(3_000)
  const eventId = await alone.publish({ expireAt })

  const expired = await alone.inStatus('expired', eventId)

  expect(expired).toMatchObject({ attemptCount: 1, expireAt, expiredReason: 'event expired', lastOutcome: { status: 500 } })
  expect(expired.nextAttemptAt).toBeUndefined()
  const { workflowId } = expired
  await alone.herald.herald.context.temporal.client.workflow.getHandle(workflowId).result()
  expect(receiver.requests).toHaveLength(1)
  expect((await alone.api('POST', `/v1/deliveries/${expired.id}/retry`)).status).toBe(409)
})

it('shows soon that a delivery has expired, though its next attempt is far off', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '600s' } })
  const eventId = await scene.publish({ expireAt: ahead(1_500) })
  expect(await scene.inStatus('expired', eventId)).toMatchObject({ attemptCount: 1, expiredReason: 'event expired' })
})

it('expires a parked delivery with its event when that comes before the end of its keeping', async () => {
  const receiver = await alone.receiver(500)
  await alone.subscribe(receiver.url, { retry: once })
  const expireAt = ahead(3_000)
  const eventId = await alone.publish({ expireAt })
  expect(await alone.inStatus('parked', eventId)).toMatchObject({ expireAt, expiresAt: expireAt })

  const expired = await alone.inStatus('expired', eventId)

  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expireAt))
  expect(expired).toMatchObject({ attemptCount: 1, expiredReason: 'event expired', parkedReason: 'attempts exhausted' })
  expect((await alone.api('POST', `/v1/deliveries/${expired.id}/retry`)).status).toBe(409)
})

it('expires a parked delivery at the end of its keeping when that comes before', async () => {
  await alone.api('PATCH', `/v1/tenants/${alone.tenantId}`, { parkedFor: '2s', expiryNotice: '1s' })
  const receiver = await alone.receiver(500)
  await alone.subscribe(receiver.url, { retry: once })
  const eventId = await alone.publish({ expireAt: ahead(3_600_000) })
  expect(await alone.inStatus('expired', eventId)).toMatchObject({ expiredReason: 'parked too long' })
})

it('expires what its last attempt leaves behind too late, instead of parking it', async () => {
  const receiver = await alone.receiver({ status: 500, delayMs: 2_000 })
  await alone.subscribe(receiver.url, { retry: once })
  const eventId = await alone.publish({ expireAt: ahead(1_500) })
  const expired = await alone.inStatus('expired', eventId)
  expect(expired).toMatchObject({ attemptCount: 1, lastOutcome: { status: 500 } })
  expect(expired.parkedReason).toBeUndefined()
})

it('counts the answer to an attempt that was begun in time', async () => {
  const receiver = await scene.receiver({ status: 200, delayMs: 3_500 })
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish({ expireAt: ahead(1_000) })
  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ attemptCount: 1 })
})

describe('what a paused webhook holds', () => {
  it('expires while it is held', async () => {
    const receiver = await scene.receiver()
    const webhookId = await scene.subscribe(receiver.url)
    await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
    const eventId = await scene.publish({ expireAt: ahead(2_000) })
    await scene.inStatus('held', eventId)
    expect(await scene.inStatus('expired', eventId)).toMatchObject({ attemptCount: 0, expiredReason: 'event expired' })
    await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
    await scene.inStatus('delivered', await scene.publish())
    expect(receiver.requests).toHaveLength(1)
  })

  it('is not sent when it is released too late', async () => {
    const receiver = await alone.receiver()
    const webhookId = await alone.subscribe(receiver.url)
    await alone.api('POST', `/v1/webhooks/${webhookId}/pause`)
    const expireAt = ahead(1_500)
    const [late, timely] = [await alone.publish({ expireAt }), await alone.publish()]
    for (const eventId of [late, timely]) await alone.inStatus('held', eventId)
    await until(() => Date.now() > Date.parse(expireAt))

    await alone.api('POST', `/v1/webhooks/${webhookId}/resume`)

    await alone.inStatus('delivered', timely)
    expect(await alone.inStatus('expired', late)).toMatchObject({ attemptCount: 0 })
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([timely])
  })
})

it('begins no attempt after the time, also in the middle of a group', async () => {
  const receiver = await alone.receiver({ status: 200, delayMs: 900 })
  await alone.subscribe(receiver.url)
  const expireAt = ahead(2_000)
  const events = Array.from({ length: 100 }, () => ({ ...transaction(), expireAt }))
  await alone.api('POST', '/v1/events/batch', { events })

  const finished = await until(async () => {
    const found = await alone.deliveries('')
    return found.length === 100 && found.every(({ status }) => ['delivered', 'expired'].includes(status)) ? found : undefined
  })

  const [delivered, expired] = ['delivered', 'expired'].map((wanted) => finished.filter(({ status }) => status === wanted))
  expect(delivered?.length).toBe(receiver.requests.length)
  expect(expired?.length).toBeGreaterThan(0)
  expect(new Set(expired?.map(({ attemptCount }) => attemptCount))).toEqual(new Set([0]))
  for (const { receivedAt } of receiver.requests) expect(receivedAt.getTime()).toBeLessThan(Date.parse(expireAt) + 500)
})

it('keeps on record what a service brought too late, without an attempt', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { client } = scene.herald.herald.context.temporal
  const { taskQueue } = scene.herald.config.temporal
  const event = { id: 'too-late', ...transaction(), expireAt: ahead(-1_000) }

  const { workflowId } = await startDelivery(client, { tenantId: scene.tenantId, taskQueue, event })

  expect(await client.workflow.getHandle(workflowId).result()).toEqual({ deliveries: 1, delivered: 0, held: 0, expired: 1 })
  expect(await scene.delivery('too-late')).toMatchObject({ status: 'expired', attemptCount: 0, expiredReason: 'event expired', attempts: [] })
  expect(receiver.requests).toHaveLength(0)
  const backwards = { ...event, id: 'backwards', deliverAt: event.expireAt }
  await expect(startDelivery(client, { tenantId: scene.tenantId, taskQueue, event: backwards })).rejects.toThrow('event.expireAt must lie after deliverAt')
})
