import { useScene } from '../support/scene'

const scene = useScene()

it('delivers an event to every webhook that subscribed to its type, and to no other', async () => {
  const [accounts, all, customers] = await Promise.all([scene.receiver(), scene.receiver(), scene.receiver()])
  const accountsHook = await scene.subscribe(accounts.url, { eventTypes: ['CREATE ACCOUNT'] })
  await scene.subscribe(all.url)
  await scene.subscribe(customers.url, { eventTypes: [3, 'UPDATE CUSTOMER'] })

  const eventId = await scene.publish({ type: 1, data: { id: 'acc-7', accountType: 'Savings' } })

  await Promise.all([accounts.waitFor(1), all.waitFor(1)])
  const delivery = await scene.inStatus('delivered', eventId, accountsHook)
  expect(delivery).toMatchObject({ attemptCount: 1, round: 0, lastOutcome: { kind: 'delivered', status: 200 } })
  expect(await scene.deliveries(`eventId=${eventId}`)).toHaveLength(2)
  expect(customers.requests).toHaveLength(0)
})

it('sends the bytes of data as they were published, in the envelope and with the headers of the contract', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url, { eventTypes: [6] })
  const data = '{ "id": "txn-9", "amount": "1.10", "big": 12345678901234567890, "ratio": 1.10, "s": "\\u00e9" }'

  const { body } = await scene.api('POST', '/v1/events', `{"type":"TRANSACTION REVERSED","id":"evt-verbatim","data":${data}}`)

  const [request] = await receiver.waitFor(1)
  const { sequence } = (await scene.api('GET', '/v1/events/evt-verbatim')).body
  expect(request?.rawBody).toBe(
    `{"id":"evt-verbatim","type":"TRANSACTION REVERSED","typeId":6,"createdAt":"${String(body.createdAt)}","sequence":${String(sequence)},"data":${data}}`,
  )
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': 'evt-verbatim',
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    'webhook-signature': expect.stringMatching(/^v1,/),
    'user-agent': expect.stringMatching(/^Herald\//),
    'herald-attempt': '1',
  })
})

it('sends a later event of an entity, and a later one of a batch, with a higher sequence', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const update = (id: string) => ({ id, type: 2, data: { id: 'acc-7', accountType: 'Savings' } })
  await scene.publish(update('u-1'))
  await scene.api('POST', '/v1/events/batch', { events: ['u-2', 'u-3', 'u-4', 'u-5'].map(update) })
  await scene.publish(update('u-6'))

  const requests = await receiver.waitFor(6)
  const bodies = requests.map(({ rawBody }): { id: string; sequence: number } => JSON.parse(rawBody))
  const inOrder = bodies.toSorted((a, b) => a.sequence - b.sequence)
  expect(inOrder.map(({ id }) => id)).toEqual(['u-1', 'u-2', 'u-3', 'u-4', 'u-5', 'u-6'])
  expect(new Set(inOrder.map(({ sequence }) => sequence)).size).toBe(6)
})

it('accepts an event that no webhook asked for, and has nothing to deliver', async () => {
  const { status } = await scene.api('POST', '/v1/events', { type: 2, id: 'nobody', data: { id: 'a', accountType: 'Current' } })
  expect(status).toBe(202)
})
