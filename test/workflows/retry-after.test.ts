import { startTestHerald, createApi, ADMIN_KEY } from '../support/herald'
import { createBank } from '../support/bank'
import type { Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene({ config: { suspension: { failures: 3, overMs: 100, firstProbeMs: 300, longestProbeMs: 300 } } })

const RETRY = { maximumAttempts: 5, initialInterval: '100ms', backoffCoefficient: 1 }
const OVERLOADED = (seconds: string | number) => ({ status: 503, headers: { 'retry-after': String(seconds) } })

interface WebhookJson {
  status: string
  retryAfterUntil?: string
}
const webhook = async (id: string): Promise<WebhookJson> => (await scene.api<WebhookJson>('GET', `/v1/webhooks/${id}`)).body

/** Answers one POST with `Retry-After`, and all later ones with 200; the time until which it wants to be left alone. */
async function overloaded(seconds: number, overrides: object = {}): Promise<{ receiver: Receiver; webhookId: string; eventId: string; askedUntil: number }> {
  const receiver = await scene.receiver((_, n) => (n === 1 ? OVERLOADED(seconds) : 200))
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: RETRY, ...overrides })
  const eventId = await scene.publish()
  const [first] = await receiver.waitFor(1)
  await until(async () => (await webhook(webhookId)).retryAfterUntil)
  return { receiver, webhookId, eventId, askedUntil: (first?.receivedAt.getTime() ?? 0) + seconds * 1_000 }
}

const laterThan = (receiver: Receiver, time: number): boolean[] => receiver.requests.slice(1).map(({ receivedAt }) => receivedAt.getTime() >= time)

it('leaves the whole webhook alone for as long as its receiver asks, and uses up no attempt', async () => {
  const { receiver, webhookId, eventId, askedUntil } = await overloaded(4)
  const later = [await scene.publish(), await scene.publish()]
  await scene.api('POST', '/v1/events/batch', { events: Array.from({ length: 20 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } })) })

  expect(Date.parse((await webhook(webhookId)).retryAfterUntil ?? '')).toBeGreaterThanOrEqual(askedUntil)
  expect(await scene.delivery(later[0] ?? '', webhookId)).toMatchObject({ status: 'pending', queued: true, attemptCount: 0 })

  await receiver.waitFor(24, 20_000)
  expect(laterThan(receiver, askedUntil)).toEqual(Array(23).fill(true))
  expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ attemptCount: 2 })
  for (const id of later) expect(await scene.inStatus('delivered', id, webhookId)).toMatchObject({ attemptCount: 1 })
  expect(await webhook(webhookId)).not.toHaveProperty('retryAfterUntil')
}, 60_000)

it('keeps a round that is in its back-off, and a release, from the webhook as well', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 }, autoSuspend: false })
  const parked = [await scene.publish(), await scene.publish()]
  for (const id of parked) await scene.inStatus('parked', id, webhookId)
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { retry: { ...RETRY, initialInterval: '1500ms' } })
  const inBackOff = await scene.publish()
  await receiver.waitFor(3)
  receiver.answer = (_, n) => (n === 4 ? OVERLOADED(4) : 200)
  await scene.publish()
  const [asking] = (await receiver.waitFor(4)).slice(3)
  const askedUntil = (asking?.receivedAt.getTime() ?? 0) + 4_000
  await until(async () => (await webhook(webhookId)).retryAfterUntil)

  await scene.api('POST', '/v1/releases', { action: 'retry', filter: { webhookId } })

  await receiver.waitFor(8, 20_000)
  const after = receiver.requests.slice(4).map(({ receivedAt }) => receivedAt.getTime())
  expect(Math.min(...after)).toBeGreaterThanOrEqual(askedUntil)
  for (const id of [...parked, inBackOff]) expect(await scene.inStatus('delivered', id, webhookId)).toMatchObject({ attemptCount: 2 })
}, 60_000)

it('holds in every process, and over a restart', async () => {
  const { config } = scene.herald
  const other = await startTestHerald({ config: { ...config, processId: `${config.processId}-2`, http: { host: '127.0.0.1', port: 0 } } })
  const elsewhere = createBank(createApi(other.url, ADMIN_KEY, scene.tenantId))
  try {
    const { receiver, webhookId, askedUntil } = await overloaded(6)
    const later = [await elsewhere.publish(), await scene.publish(), await elsewhere.publish()]
    await scene.herald.stop()
    scene.herald = await startTestHerald({ config })
    scene.api = createApi(scene.herald.url, ADMIN_KEY, scene.tenantId)
    Object.assign(scene, createBank(scene.api))
    later.push(await scene.publish())
    for (const id of later) expect(await scene.inStatus('delivered', id, webhookId)).toMatchObject({ attemptCount: 1 })
    expect(laterThan(receiver, askedUntil)).toEqual(Array(5).fill(true))
  } finally {
    await other.stop()
  }
}, 90_000)

it.each(['resume', 'url'])('goes on at once when a person ends the wait by way of %s', async (how) => {
  const { receiver, webhookId, askedUntil, eventId: first } = await overloaded(3_000)
  const eventId = await scene.publish()
  await until(async () => (await scene.delivery(eventId, webhookId))?.queued)

  if (how === 'resume') await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  else await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { url: `${receiver.url}/elsewhere` })

  expect(await scene.inStatus('delivered', eventId, webhookId)).toMatchObject({ attemptCount: 1 })
  // Also the one that the receiver has said it of.
  expect(await scene.inStatus('delivered', first, webhookId)).toMatchObject({ attemptCount: 2 })
  expect(Date.now()).toBeLessThan(askedUntil - 2_900_000)
  expect(await webhook(webhookId)).not.toHaveProperty('retryAfterUntil')
  // What comes now is attempted at once again.
  await scene.inStatus('delivered', await scene.publish(), webhookId)
}, 60_000)

it('does not probe a suspended webhook before the time that it asks for, given as a date', async () => {
  const receiver = await scene.receiver((_, n) => (n < 3 ? 500 : OVERLOADED(new Date(Date.now() + 5_000).toUTCString())))
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: RETRY })
  const eventId = await scene.publish()
  await until(async () => (await webhook(webhookId)).status === 'suspended')
  const [, , asking] = receiver.requests
  const before = receiver.requests.length
  receiver.answer = 200
  await scene.inStatus('delivered', eventId, webhookId)
  expect(before).toBe(3)
  // A date has whole seconds.
  expect((receiver.requests[3]?.receivedAt.getTime() ?? 0) - (asking?.receivedAt.getTime() ?? 0)).toBeGreaterThanOrEqual(4_000)
}, 60_000)
