import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

const patch = (webhookId: string, body: object) => scene.api('PATCH', `/v1/webhooks/${webhookId}`, body)

describe('a webhook that is edited while a delivery is retried', () => {
  it('waits longer for an answer at the very next attempt when its time-out is raised', async () => {
    const receiver = await scene.receiver((_, n) => (n === 1 ? { hang: true } : { status: 200, delayMs: 2_000 }))
    const webhookId = await scene.subscribe(receiver.url, { timeout: '500ms', retry: { maximumAttempts: 3, initialInterval: '1s' } })
    const eventId = await scene.publish()
    await scene.inStatus('retrying', eventId)

    // Far above what the activity's own bound was made for.
    await patch(webhookId, { timeout: '30s' })

    const delivered = await scene.inStatus('delivered', eventId)
    expect(delivered.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'delivered'])
  })

  it('waits no longer than its new time-out when it is lowered', async () => {
    const receiver = await scene.receiver((_, n) => (n === 1 ? 500 : { hang: true }))
    const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '1s' } })
    const eventId = await scene.publish()
    await scene.inStatus('retrying', eventId)

    await patch(webhookId, { timeout: '500ms' })

    const { attempts } = await scene.inStatus('parked', eventId)
    expect(attempts[1]?.error).toMatchObject({ reason: 'timeout', detail: expect.stringContaining('500 ms') })
  })

  it('makes as many attempts as it now allows when they are raised', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '1s', backoffCoefficient: 1 } })
    const eventId = await scene.publish()
    await scene.inStatus('retrying', eventId)

    await patch(webhookId, { retry: { maximumAttempts: 4 } })

    expect(await scene.inStatus('parked', eventId)).toMatchObject({ attemptCount: 4, parkedReason: 'attempts exhausted' })
    expect(receiver.requests).toHaveLength(4)
  })

  it('parks, without another POST, what has had as many attempts as it now allows', async () => {
    const receiver = await scene.receiver(500)
    const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 1 } })
    const eventId = await scene.publish()
    await receiver.waitFor(2)

    await patch(webhookId, { retry: { maximumAttempts: 2 } })

    expect(await scene.inStatus('parked', eventId)).toMatchObject({ attemptCount: 2, parkedReason: 'attempts exhausted' })
    expect(receiver.requests).toHaveLength(2)
  })
})

it('parks the rest of a group without a POST when one of it is told that the receiver is gone', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '2s', backoffCoefficient: 1 } })
  const events = Array.from({ length: 40 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  await receiver.waitFor(40)
  receiver.answer = 410

  const parked = await until(async () => {
    const found = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
    return found.length === events.length ? found : undefined
  })

  expect(new Set(parked.map(({ parkedReason }) => parkedReason))).toEqual(new Set(['webhook disabled']))
  const waited = parked.filter(({ attemptCount }) => attemptCount === 1)
  expect(waited.length).toBeGreaterThan(0)
  expect(new Set(waited.map(({ lastOutcome }) => lastOutcome?.kind))).toEqual(new Set(['failed']))
  const made = parked.reduce((sum, { attemptCount }) => sum + attemptCount, 0)
  expect(receiver.requests).toHaveLength(made)
  expect((await scene.api('GET', `/v1/webhooks/${webhookId}`)).body.status).toBe('disabled')
})
