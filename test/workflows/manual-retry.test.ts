import { until } from '../support/until'
import { useScene } from '../support/scene'

const scene = useScene()

async function parked() {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const eventId = await scene.publish()
  return { receiver, webhookId, eventId, delivery: await scene.inStatus('parked', eventId) }
}

it('delivers a parked delivery in another round when a person retries it', async () => {
  const { receiver, eventId, delivery } = await parked()
  receiver.answer = 200

  const answer = await scene.api('POST', `/v1/deliveries/${delivery.id}/retry`)

  expect(answer.status).toBe(202)
  expect(answer.body).toMatchObject({ id: delivery.id, status: 'retrying', round: 1 })
  const delivered = await scene.inStatus('delivered', eventId)
  expect(delivered).toMatchObject({ round: 1, attemptCount: 3 })
  expect(delivered.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'failed'],
    [2, 'failed'],
    [3, 'delivered'],
  ])
  expect(new Set(receiver.requests.map(({ rawBody }) => rawBody)).size).toBe(1)
})

it('parks again after another full round has failed', async () => {
  const { receiver, eventId, delivery } = await parked()
  await scene.api('POST', `/v1/deliveries/${delivery.id}/retry`)
  const again = await until(async () => {
    const now = await scene.delivery(eventId)
    return now?.status === 'parked' && now.round === 1 ? now : undefined
  })
  expect(again.attemptCount).toBe(4)
  expect(receiver.requests).toHaveLength(4)
})

it('makes one round of many clicks, and says 409 with the current status to the others', async () => {
  const { receiver, eventId, delivery } = await parked()
  receiver.answer = { status: 200, delayMs: 300 }

  const clicks = await Promise.all(
    Array.from({ length: 20 }, () => scene.api('POST', `/v1/deliveries/${delivery.id}/retry`)),
  )

  expect(clicks.filter(({ status }) => status === 202)).toHaveLength(1)
  expect(clicks.filter(({ status }) => status === 409)).toHaveLength(19)
  await scene.inStatus('delivered', eventId)
  expect(receiver.requests).toHaveLength(3)
  const late = await scene.api('POST', `/v1/deliveries/${delivery.id}/retry`)
  expect(late.status).toBe(409)
  expect(JSON.stringify(late.body)).toContain('delivered')
})

it('cancels a parked delivery for good, and its workflow completes', async () => {
  const { receiver, eventId, delivery } = await parked()

  expect((await scene.api('POST', `/v1/deliveries/${delivery.id}/cancel`)).status).toBe(202)

  await scene.inStatus('cancelled', eventId)
  expect((await scene.api('POST', `/v1/deliveries/${delivery.id}/retry`)).status).toBe(409)
  const { client } = scene.herald.herald.context.temporal
  await client.workflow.getHandle(delivery.workflowId).result()
  expect(receiver.requests).toHaveLength(2)
})

it('answers 404 for a delivery that does not exist', async () => {
  expect((await scene.api('POST', '/v1/deliveries/dlv_00000000000000000000000000/retry')).status).toBe(404)
})

it('retries, parks and cancels the webhooks of one event independently', async () => {
  const [dead, sick, well] = await Promise.all([scene.receiver(500), scene.receiver(500), scene.receiver()])
  const retry = { maximumAttempts: 2, initialInterval: '100ms' }
  const deadHook = await scene.subscribe(dead.url, { retry })
  const sickHook = await scene.subscribe(sick.url, { retry })
  const wellHook = await scene.subscribe(well.url, { retry })
  const eventId = await scene.publish()
  const [first, second] = await Promise.all([
    scene.inStatus('parked', eventId, deadHook),
    scene.inStatus('parked', eventId, sickHook),
    scene.inStatus('delivered', eventId, wellHook),
  ])
  sick.answer = 200

  await scene.api('POST', `/v1/deliveries/${first.id}/cancel`)
  await scene.api('POST', `/v1/deliveries/${second.id}/retry`)

  await scene.inStatus('delivered', eventId, sickHook)
  await scene.inStatus('cancelled', eventId, deadHook)
  expect([dead, sick, well].map(({ requests }) => requests.length)).toEqual([2, 3, 1])
})
