import { until } from '../support/until'
import { useScene } from '../support/scene'

const scene = useScene()

it('parks a delivery after five failed attempts, with the last answer kept', async () => {
  const receiver = await scene.receiver((_, n) => ({ status: 503, body: `no ${n}` }))
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(receiver.requests).toHaveLength(5)
  expect(receiver.requests.map(({ headers }) => headers['herald-attempt'])).toEqual(['1', '2', '3', '4', '5'])
  expect(new Set(receiver.requests.map(({ rawBody }) => rawBody)).size).toBe(1)
  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([eventId]))
  expect(delivery).toMatchObject({
    attemptCount: 5,
    parkedReason: 'attempts exhausted',
    lastOutcome: { kind: 'failed', reason: 'status', status: 503, attempt: 5 },
  })
  expect(delivery.attempts.map(({ response }) => response?.body)).toEqual(['no 1', 'no 2', 'no 3', 'no 4', 'no 5'])
})

it('waits at least 2, 4, 8 and 16 s between the attempts of the default policy', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: undefined })
  const eventId = await scene.publish()

  await scene.inStatus('parked', eventId, undefined, 50_000)

  const at = receiver.requests.map(({ receivedAt }) => receivedAt.getTime())
  const waits = at.slice(1).map((time, i) => time - (at[i] ?? 0))
  expect(waits).toHaveLength(4)
  ;[2_000, 4_000, 8_000, 16_000].forEach((least, i) => expect(waits[i]).toBeGreaterThanOrEqual(least))
})

it('delivers at a later attempt when the receiver has recovered', async () => {
  const receiver = await scene.receiver((_, n) => (n < 3 ? 500 : 204))
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('delivered', eventId)

  expect(delivery.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'delivered'])
})

it('parks at once and disables the webhook when the receiver is gone (410)', async () => {
  const receiver = await scene.receiver(410)
  const webhookId = await scene.subscribe(receiver.url)
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(delivery).toMatchObject({ attemptCount: 1, parkedReason: 'webhook disabled', lastOutcome: { kind: 'gone' } })
  expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).body.status).toBe('disabled')
})

it('gives a webhook that was disabled by hand nothing new, and parks what waits for it without another POST', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 1 } })
  const eventId = await scene.publish()
  await receiver.waitFor(1)
  await scene.api('POST', `/v1/webhooks/${webhookId}/disable`)
  const later = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(delivery).toMatchObject({ parkedReason: 'webhook disabled' })
  expect(receiver.requests).toHaveLength(delivery.attemptCount)
  expect(delivery.attemptCount).toBeLessThan(5)
  expect(await scene.deliveries(`eventId=${later}`)).toEqual([])
})

it('parks at once, with the reason, what goes to an address that may not be called', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  // A name that has moved to a private address since the webhook was made looks like this to Herald.
  await scene.herald.herald.context.store.models.webhooks.updateOne({ _id: webhookId }, { url: 'http://10.0.0.1/hook' })
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(delivery).toMatchObject({ attemptCount: 1, parkedReason: 'blocked address', lastOutcome: { kind: 'blocked' } })
  expect(receiver.requests).toHaveLength(0)
})

it('waits as long as Retry-After asks before it tries again', async () => {
  const receiver = await scene.receiver((_, n) => (n === 1 ? { status: 429, headers: { 'retry-after': '2' } } : 200))
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish()

  await scene.inStatus('delivered', eventId)

  const [first, second] = receiver.requests.map(({ receivedAt }) => receivedAt.getTime())
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_000)
})

it('counts a redirect as a failure and does not follow it', async () => {
  const target = await scene.receiver()
  const receiver = await scene.receiver(() => ({ status: 302, headers: { location: target.url } }))
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(delivery.lastOutcome).toMatchObject({ kind: 'failed', reason: 'status', status: 302 })
  expect(target.requests).toHaveLength(0)
})

it('ends an attempt at its time-out when the receiver never answers', async () => {
  const receiver = await scene.receiver({ hang: true })
  await scene.subscribe(receiver.url, { timeout: '500ms', retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const eventId = await scene.publish()

  const delivery = await scene.inStatus('parked', eventId)

  expect(delivery.attempts.map(({ error }) => error?.reason)).toEqual(['timeout', 'timeout'])
})

it('gives notice of a parked delivery that is about to expire, then expires it', async () => {
  await scene.api('PATCH', `/v1/tenants/${scene.tenantId}`, { parkedFor: '4s', expiryNotice: '3s' })
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()

  await scene.inStatus('parked', eventId)
  const noticed = await until(async () => {
    const delivery = await scene.delivery(eventId)
    return delivery?.expiryNoticedAt === undefined ? undefined : delivery
  })
  expect(noticed.status).toBe('parked')
  const expired = await scene.inStatus('expired', eventId)
  expect(expired.attemptCount).toBe(1)
  const { status } = await scene.api('POST', `/v1/deliveries/${expired.id}/retry`)
  expect(status).toBe(409)
})

it('gives notice again, and expires from then on, after a retry by hand that failed once more', async () => {
  await scene.herald.api('PATCH', `/v1/tenants/${scene.tenantId}`, { parkedFor: '6s', expiryNotice: '4s' })
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const noticed = () =>
    until(async () => {
      const delivery = await scene.delivery(eventId)
      return delivery?.expiryNoticedAt === undefined ? undefined : delivery
    })
  const first = await noticed()

  expect((await scene.api('POST', `/v1/deliveries/${first.id}/retry`)).status).toBe(202)

  const parkedAgain = await until(async () => {
    const delivery = await scene.delivery(eventId)
    return delivery?.status === 'parked' && delivery.round === 1 ? delivery : undefined
  })
  expect(parkedAgain.expiryNoticedAt).toBeUndefined()
  expect(Date.parse(parkedAgain.expiresAt ?? '')).toBeGreaterThan(Date.parse(first.expiresAt ?? ''))
  const second = await noticed()
  expect(second).toMatchObject({ round: 1, status: 'parked' })
  expect(await scene.inStatus('expired', eventId)).toMatchObject({ attemptCount: 2 })
})

it('delivers what a person retries between the notice and the expiry', async () => {
  await scene.herald.api('PATCH', `/v1/tenants/${scene.tenantId}`, { parkedFor: '6s', expiryNotice: '5s' })
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const { id } = await until(async () => {
    const delivery = await scene.delivery(eventId)
    return delivery?.expiryNoticedAt === undefined ? undefined : delivery
  })
  // Longer than what was left until the expiry.
  receiver.answer = { status: 200, delayMs: 7_000 }

  await scene.api('POST', `/v1/deliveries/${id}/retry`)

  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ round: 1, attemptCount: 2 })
})
