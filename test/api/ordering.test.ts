import { useScene } from '../support/scene'

const scene = useScene()

interface Refusal {
  errors: { path: string; message: string }[]
}

const webhook = (more: object) => ({ url: 'http://127.0.0.1:8099/hook', eventTypes: [5], ...more })
const event = (more: object) => ({ type: 5, data: { id: 'txn-1' }, ...more })

it('shows the order of a webhook, which a PATCH changes and null removes', async () => {
  const { body: plain } = await scene.api('POST', '/v1/webhooks', webhook({}))
  expect(plain).not.toHaveProperty('ordering')
  const { status, body } = await scene.api<{ id: string }>('POST', '/v1/webhooks', webhook({ ordering: 'key' }))
  expect([status, body]).toEqual([201, expect.objectContaining({ ordering: 'key', onExhausted: 'block' })])
  const patch = async (change: object) => (await scene.api('PATCH', `/v1/webhooks/${body.id}`, change)).body
  expect(await patch({ onExhausted: 'skip' })).toMatchObject({ ordering: 'key', onExhausted: 'skip' })
  expect(await patch({ onExhausted: null })).toMatchObject({ ordering: 'key', onExhausted: 'block' })
  expect(await patch({ onExhausted: 'skip' })).toMatchObject({ onExhausted: 'skip' })
  const removed = await patch({ ordering: null })
  expect(removed).not.toHaveProperty('ordering')
  expect(removed).not.toHaveProperty('onExhausted')
  expect(await patch({ ordering: 'key' })).toMatchObject({ onExhausted: 'block' })
})

it.each([
  [{ ordering: 'entity' }, 'ordering', 'must be "key"'],
  [{ ordering: 'key', onExhausted: 'drop' }, 'onExhausted', 'block'],
  [{ onExhausted: 'skip' }, 'onExhausted', 'goes with ordering "key" only'],
])('refuses a webhook with %j', async (more, path, message) => {
  const { status, body } = await scene.api<Refusal>('POST', '/v1/webhooks', webhook(more))
  expect(status).toBe(400)
  expect(body.errors).toEqual([{ path, message: expect.stringContaining(message) }])
})

it.each([
  ['', 'must not be empty'],
  ['x'.repeat(257), 'must have at most 256 characters'],
  [7, 'must be a string'],
])('refuses the ordering key %j', async (orderingKey, message) => {
  const { status, body } = await scene.api<Refusal>('POST', '/v1/events', event({ orderingKey }))
  expect(status).toBe(400)
  expect(body.errors).toEqual([{ path: 'orderingKey', message }])
  const batch = await scene.api<{ data: Refusal[] }>('POST', '/v1/events/batch', { events: [event({ orderingKey })] })
  expect(batch.body.data[0]?.errors).toEqual([{ path: 'orderingKey', message }])
})

it('takes the same id with another ordering key for another event', async () => {
  const publish = (orderingKey?: string) => scene.api('POST', '/v1/events', event({ id: 'evt-1', orderingKey }))
  expect((await publish('customer-1')).status).toBe(202)
  expect((await publish('customer-1')).status).toBe(200)
  expect((await publish('customer-2')).status).toBe(409)
  expect((await scene.api('GET', '/v1/events/evt-1')).body).toMatchObject({ orderingKey: 'customer-1' })
  await scene.api('POST', '/v1/events', event({ id: 'evt-2' }))
  expect((await scene.api('GET', '/v1/events/evt-2')).body).toMatchObject({ orderingKey: 'txn-1' })
})

it('takes an ordering key from a service that starts the workflow', async () => {
  const { client } = scene.herald.herald.context.temporal
  const handle = await client.workflow.start('deliverEvent', {
    workflowId: `event/${scene.tenantId}/inline-1`,
    taskQueue: scene.herald.config.temporal.taskQueue,
    args: [{ tenantId: scene.tenantId, event: { id: 'inline-1', ...event({ orderingKey: 'customer-9' }) } }],
  })
  await handle.result()
  expect((await scene.api('GET', '/v1/events/inline-1')).body).toMatchObject({ orderingKey: 'customer-9' })
})
