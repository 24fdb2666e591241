import { QUICK } from '../support/bank'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene({ config: { suspension: { failures: 5, overMs: 500, firstProbeMs: 1_000, longestProbeMs: 2_000 } } })

interface WebhookJson {
  status: string
  failing?: { failures: number; since: string; nextProbeAt?: string }
}

const webhook = async (id: string): Promise<WebhookJson> => (await scene.api<WebhookJson>('GET', `/v1/webhooks/${id}`)).body

const RETRY = { ...QUICK, maximumAttempts: 10, initialInterval: '200ms' }

/** A webhook that fails until it is suspended, and the event that it failed at. */
async function suspended(url: string): Promise<{ webhookId: string; eventId: string }> {
  const webhookId = await scene.subscribe(url, { eventTypes: [5], retry: RETRY })
  const eventId = await scene.publish()
  await until(async () => (await webhook(webhookId)).status === 'suspended')
  await scene.inStatus('held', eventId, webhookId)
  return { webhookId, eventId }
}

it('suspends a webhook that fails for long, holds its events, tries it with the oldest, and lets it go on', async () => {
  const receiver = await scene.receiver(500)
  const operations = await scene.receiver()
  await scene.subscribe(operations.url, { eventTypes: ['webhook.suspended', 'webhook.resumed'] })
  const { webhookId, eventId } = await suspended(receiver.url)
  const later = [await scene.publish(), await scene.publish()]
  for (const id of later) await scene.inStatus('held', id, webhookId)
  const { failing } = await webhook(webhookId)
  expect(failing?.failures).toBeGreaterThanOrEqual(5)
  expect(Date.parse(failing?.nextProbeAt ?? '')).toBeGreaterThan(Date.now() - 500)

  const before = receiver.requests.length
  await receiver.waitFor(before + 2)
  expect(new Set(receiver.requests.slice(before).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([eventId]))
  expect((await webhook(webhookId)).status).toBe('suspended')

  receiver.answer = 200
  for (const id of [eventId, ...later]) await scene.inStatus('delivered', id, webhookId)
  expect(await webhook(webhookId)).toEqual(expect.not.objectContaining({ failing: expect.anything() }))
  expect((await webhook(webhookId)).status).toBe('active')
  const told = await operations.waitFor(2)
  expect(told.map(({ rawBody }) => JSON.parse(rawBody).type)).toEqual(['webhook.suspended', 'webhook.resumed'])
}, 60_000)

it('takes none of a delivery’s attempts for a probe', async () => {
  const receiver = await scene.receiver(500)
  const { webhookId, eventId } = await suspended(receiver.url)
  const { attemptCount } = await scene.inStatus('held', eventId, webhookId)
  await until(async () => ((await scene.delivery(eventId, webhookId))?.attemptCount ?? 0) > attemptCount + 1)
  const held = await scene.inStatus('held', eventId, webhookId)
  expect(held.attempts.map(({ outcome }) => outcome)).toEqual(held.attempts.map(() => 'failed'))

  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { autoSuspend: false })
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)

  const parked = await scene.inStatus('parked', eventId, webhookId)
  const probes = held.attemptCount - attemptCount
  expect(parked.attemptCount).toBeGreaterThanOrEqual(10 + probes)
}, 60_000)

it('is not suspended where that is switched off, nor where a delivery succeeds in between', async () => {
  const failing = await scene.receiver(500)
  const flapping = await scene.receiver((_, n) => (n % 4 === 0 ? 200 : 500))
  const off = await scene.subscribe(failing.url, { eventTypes: [5], retry: RETRY, autoSuspend: false })
  const on = await scene.subscribe(flapping.url, { eventTypes: [5], retry: RETRY })
  const eventIds = [await scene.publish(), await scene.publish(), await scene.publish()]
  for (const id of eventIds) await scene.inStatus('parked', id, off)
  for (const id of eventIds) await scene.inStatus('delivered', id, on)
  expect((await webhook(off)).status).toBe('active')
  expect((await webhook(on)).status).toBe('active')
}, 60_000)
