import { toNewEvent } from '../../src/publish/new-event'
import { arrivedAt, eventOf, placeOf, publishInOrder, upTo, watchOrder } from '../support/in-order'
import type { Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'
import { testEvents } from '../support/vaults'

const isLong = process.env['HERALD_ORDER_LONG'] !== undefined
const KEYS = isLong ? 100 : 20
const EVENTS = isLong ? 100 : 20
const PATIENT = { maximumAttempts: 20, initialInterval: '100ms', backoffCoefficient: 1 }
const TWO = { maximumAttempts: 2, initialInterval: '100ms', backoffCoefficient: 1 }

const scene = useScene()
const context = () => scene.herald.herald.context
const ordered = (url: string, more: object = {}) => scene.subscribe(url, { eventTypes: [5], ordering: 'key', ...more })
const placesAt = (receiver: Receiver, key: string) => receiver.requests.map(placeOf).filter((seen) => seen.key === key).map(({ place }) => place)
const publish = async (key: string, place: number, more: object = {}) => scene.publish({ ...eventOf(key, place), ...more })
const inStatus = (eventId: string, status: string) => scene.inStatus(status, eventId, undefined, 30_000)
const waitsFor = async (eventId: string) => (await scene.delivery(eventId) as { waitsFor?: object } | undefined)?.waitsFor

it('keeps the order of every key while a third of the POSTs fail, one at a time, and keys side by side', async () => {
  const watch = watchOrder(() => (Math.random() < 0.3 ? 500 : 200))
  const receiver = await scene.receiver(watch.answer)
  const webhookId = await ordered(receiver.url, { retry: PATIENT })
  const keys = upTo(KEYS).map((k) => `acc-${k}`)
  await Promise.all(keys.map((key) => publishInOrder(scene.api, key, upTo(EVENTS))))
  await until(() => arrivedAt(watch) === KEYS * EVENTS, { timeoutMs: isLong ? 300_000 : 60_000 })
  expect(watch.breaches).toEqual([])
  for (const key of keys) expect(watch.delivered.get(key)).toEqual(upTo(EVENTS))
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=retrying`)).length === 0)
  expect(await scene.deliveries(`webhookId=${webhookId}&status=pending`)).toEqual([])
}, 400_000)

it('keeps the order of a batch that is published in one call', async () => {
  const watch = watchOrder(() => 200)
  const receiver = await scene.receiver(watch.answer)
  await ordered(receiver.url)
  const events = upTo(300).map((i) => eventOf(`acc-${i % 3}`, Math.floor(i / 3)))
  await scene.api('POST', '/v1/events/batch', { events })
  await until(() => arrivedAt(watch) === 300, { timeoutMs: 30_000 })
  expect(watch.breaches).toEqual([])
  expect(watch.delivered.get('acc-1')).toEqual(upTo(100))
}, 40_000)

it('lets a key wait for what is parked, says so, and goes on in order after a retry', async () => {
  let isDown = true
  const watch = watchOrder((key, place) => (isDown && key === 'acc-1' && place === 1 ? 500 : 200))
  const receiver = await scene.receiver(watch.answer)
  await ordered(receiver.url, { retry: TWO })
  const [, second, third] = [await publish('acc-1', 0), await publish('acc-1', 1), await publish('acc-1', 2)] as const
  await publish('acc-2', 0)
  const parked = await inStatus(second, 'parked')
  await until(() => watch.delivered.get('acc-2')?.length === 1)
  const fourth = await publish('acc-1', 3)
  await until(async () => (await scene.delivery(fourth))?.queued)
  expect(await waitsFor(third)).toEqual({ deliveryId: parked.id, eventId: second, status: 'parked' })
  expect(await waitsFor(fourth)).toMatchObject({ deliveryId: parked.id })
  expect(await waitsFor(second)).toBeUndefined()
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 1, 1])
  isDown = false
  expect((await scene.api('POST', `/v1/deliveries/${parked.id}/retry`)).status).toBe(202)
  await inStatus(fourth, 'delivered')
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 1, 1, 1, 2, 3])
  expect(watch.breaches).toEqual([])
}, 60_000)

it('goes on with a key when what it waits for is cancelled', async () => {
  const watch = watchOrder((_, place) => (place === 0 ? 500 : 200))
  const receiver = await scene.receiver(watch.answer)
  await ordered(receiver.url, { retry: TWO })
  const [first, second] = [await publish('acc-1', 0), await publish('acc-1', 1)]
  const parked = await inStatus(first, 'parked')
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 0])
  await scene.api('POST', `/v1/deliveries/${parked.id}/cancel`)
  await inStatus(second, 'delivered')
}, 60_000)

it('skips what is out of attempts where the webhook says so; retried, it takes its old place before what waits', async () => {
  let isDown = true
  const watch = watchOrder((_, place) => (isDown && place !== 1 ? 500 : 200))
  const receiver = await scene.receiver(watch.answer)
  await ordered(receiver.url, { retry: TWO, onExhausted: 'skip' })
  const [first, second, third] = [await publish('acc-1', 0), await publish('acc-1', 1), await publish('acc-1', 2)]
  const parked = await inStatus(first, 'parked')
  await inStatus(second, 'delivered')
  await inStatus(third, 'parked')
  isDown = false
  await scene.api('POST', `/v1/deliveries/${parked.id}/retry`)
  await inStatus(first, 'delivered')
  await inStatus(await publish('acc-1', 3), 'delivered')
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 0, 1, 2, 2, 0, 3])
  expect((await scene.delivery(third))?.status).toBe('parked')
}, 60_000)

it('lets what is parked block no more when the webhook is changed to skip', async () => {
  const receiver = await scene.receiver(watchOrder((_, place) => (place === 0 ? 500 : 200)).answer)
  const webhookId = await ordered(receiver.url, { retry: TWO })
  const [first, second] = [await publish('acc-1', 0), await publish('acc-1', 1)]
  await inStatus(first, 'parked')
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { onExhausted: 'skip' })
  await inStatus(second, 'delivered')
}, 60_000)

/** As a process leaves an event that ends after it has answered 202: journaled, and nobody has started it. */
async function journalOnly(key: string, place: number): Promise<string> {
  const id = `lost-${key}-${Date.now()}`
  const request = { id, typeId: 5, type: 'TRANSACTION SUCCESSFUL', data: JSON.stringify(eventOf(key, place).data), entityId: key }
  const lease = { starter: 'a process that is gone', until: new Date(Date.now() + 60_000) }
  await testEvents(context().store.models, scene.herald.config.encryptionKey).insert([toNewEvent(scene.tenantId, request)], lease)
  return id
}

it('lets nothing overtake an event of its key whose start was lost, and does not wait for other types or filters', async () => {
  const watch = watchOrder(() => 200)
  const receiver = await scene.receiver(watch.answer)
  await ordered(receiver.url)
  const filtered = await scene.receiver()
  const filteredId = await ordered(filtered.url, { filter: { path: 'place', gte: 1 } })
  const lost = await journalOnly('acc-1', 0)
  const second = await publish('acc-1', 1)
  await publish('acc-2', 0)
  // The other key and the other webhook do not wait for it.
  await until(() => watch.delivered.get('acc-2')?.length === 1)
  await scene.inStatus('delivered', second, filteredId)
  expect(placesAt(receiver, 'acc-1')).toEqual([])
  await context().store.models.hot.events.updateOne({ eventId: lost, tenantId: scene.tenantId }, { $set: { leaseUntil: new Date() } })
  await context().sweeper.sweep()
  await until(() => watch.delivered.get('acc-1')?.length === 2, { timeoutMs: 30_000 })
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 1])
  expect(watch.breaches).toEqual([])
}, 60_000)

it('holds and releases in order, and lets nothing go before what was held', async () => {
  const watch = watchOrder(() => 200)
  const receiver = await scene.receiver(watch.answer)
  const webhookId = await ordered(receiver.url)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  await scene.api('POST', '/v1/events/batch', { events: upTo(60).map((i) => eventOf(`acc-${i % 2}`, Math.floor(i / 2))) })
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=held`)).length === 60)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await scene.api('POST', '/v1/events/batch', { events: upTo(20).map((i) => eventOf(`acc-${i % 2}`, 30 + Math.floor(i / 2))) })
  await until(() => arrivedAt(watch) === 80, { timeoutMs: 40_000 })
  expect(watch.breaches).toEqual([])
  expect(watch.delivered.get('acc-0')).toEqual(upTo(40))
}, 60_000)

it('takes a given key before the entity, and a scheduled event at its time', async () => {
  const receiver: Receiver = await scene.receiver(async (request) => {
    // Another key does not wait for it.
    if (placeOf(request).place === 0) await until(() => receiver.requests.some((other) => placeOf(other).place === 2))
    return 200
  })
  await ordered(receiver.url)
  const scheduled = await publish('acc-9', 9, { orderingKey: 'customer-1', deliverAt: new Date(Date.now() + 4_000).toISOString() })
  // Together: the one that hangs would keep those that come later from a place beside it.
  const events = [
    { ...eventOf('acc-1', 0), orderingKey: 'customer-1' },
    { ...eventOf('acc-2', 1), orderingKey: 'customer-1' },
    { ...eventOf('acc-3', 2), orderingKey: 'customer-2' },
  ]
  const { body } = await scene.api<{ data: { id: string }[] }>('POST', '/v1/events/batch', { events })
  const second = body.data[1]?.id
  expect((await scene.api('GET', `/v1/events/${second}`)).body).toMatchObject({ orderingKey: 'customer-1' })
  await inStatus(scheduled, 'delivered')
  expect(receiver.requests.map((request) => placeOf(request).place).filter((place) => place !== 2)).toEqual([0, 1, 9])
  const [first, other] = receiver.requests
  expect([first, other].map((request) => request && placeOf(request).place).toSorted()).toEqual([0, 2])
}, 30_000)

it('keeps no order any more once that is switched off', async () => {
  const receiver = await scene.receiver(watchOrder((_, place) => (place === 0 ? 500 : 200)).answer)
  const webhookId = await ordered(receiver.url, { retry: TWO })
  const [first, second] = [await publish('acc-1', 0), await publish('acc-1', 1)]
  await inStatus(first, 'parked')
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { ordering: null })
  await inStatus(second, 'delivered')
}, 60_000)

it('takes what was under way into its line when order is switched on', async () => {
  const watch = watchOrder((_, place) => (place === 0 && receiver.requests.length < 3 ? 500 : 200))
  const receiver: Receiver = await scene.receiver(watch.answer)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 1 } })
  const first = await publish('acc-1', 0)
  await receiver.waitFor(1)
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { ordering: 'key' })
  await inStatus(first, 'delivered')
  await inStatus(await publish('acc-1', 1), 'delivered')
  expect(placesAt(receiver, 'acc-1')).toEqual([0, 0, 0, 1])
}, 30_000)
