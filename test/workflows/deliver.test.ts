import { startReceiver, type Receiver } from '../support/receiver'
import { startTestHerald, type TestHerald } from '../support/herald'
import { until } from '../support/until'

let herald: TestHerald
let receiver: Receiver

beforeAll(async () => {
  herald = await startTestHerald()
  receiver = await startReceiver()
})
afterAll(async () => {
  await herald?.stop()
  await receiver?.close()
})

it('delivers a published event to the webhook that subscribed', async () => {
  const webhook = await herald.api('POST', '/v1/webhooks', { url: receiver.url, eventTypes: ['CREATE ACCOUNT'] })
  expect(webhook.status).toBe(201)
  const event = await herald.api('POST', '/v1/events', { type: 1, data: { id: 'acc-1', accountType: 'Savings' } })
  expect(event.status).toBe(202)
  await receiver.waitFor(1)
  const deliveries = await until(async () => {
    const { body } = await herald.api<{ data: { status: string }[] }>('GET', '/v1/deliveries?status=delivered')
    return body.data.length > 0 && body.data
  })
  expect(deliveries).toHaveLength(1)
})
