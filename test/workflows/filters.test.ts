import { useScene } from '../support/scene'

const scene = useScene()

const transaction = (amount: string, more = '') =>
  `{"type":5,"data":{"id":"txn-1","amount":"${amount}","currency":"EUR"${more}}}`

const publish = async (body: string): Promise<string> =>
  (await scene.api<{ id: string }>('POST', '/v1/events', body)).body.id

it('makes a delivery for the events alone that a webhook lets through, and for every event of another', async () => {
  const [large, all] = await Promise.all([scene.receiver(), scene.receiver()])
  const largeHook = await scene.subscribe(large.url, { filter: { path: 'amount', gte: '250.00' } })
  const allHook = await scene.subscribe(all.url)

  const below = await publish(transaction('99.99'))
  const above = await publish(transaction('1000.00'))

  await scene.inStatus('delivered', above, largeHook)
  await scene.inStatus('delivered', above, allHook)
  await scene.inStatus('delivered', below, allHook)
  expect(await scene.deliveries(`webhookId=${largeHook}`)).toHaveLength(1)
  expect(large.requests.map(({ headers }) => headers['webhook-id'])).toEqual([above])
})

it('judges every event of a batch by its own data, to the last digit, and sends it as it was published', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url, { filter: { path: 'ledger', gt: '12345678901234567890' } })
  const ledgers = ['12345678901234567889', '12345678901234567890', '12345678901234567891', '12345678901234567892']
  const batch = ledgers.map((ledger) => transaction('1.10', `,"ledger":${ledger}`)).join()

  await scene.api('POST', '/v1/events/batch', `{"events":[${batch}]}`)
  const last = await publish(transaction('1.10', ',"ledger":99999999999999999999'))

  await scene.inStatus('delivered', last)
  await receiver.waitFor(3)
  const received = receiver.requests.map(({ rawBody }) => /"ledger":(\d+)/.exec(rawBody)?.[1])
  expect(received.toSorted()).toEqual(['12345678901234567891', '12345678901234567892', '99999999999999999999'])
})

it('uses a changed filter for the next event, and holds what a paused webhook lets through', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url, { filter: { path: 'currency', eq: 'KES' } })
  await publish(transaction('1.00'))
  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { filter: { path: 'amount', in: [2, 3] } })
  const second = await publish(transaction('2.00'))
  await scene.inStatus('delivered', second)

  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  const third = await publish(transaction('3.00'))
  await publish(transaction('4.00'))
  await scene.inStatus('held', third)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await scene.inStatus('delivered', third)

  await scene.api('PATCH', `/v1/webhooks/${webhookId}`, { filter: null })
  const fifth = await publish(transaction('5.00'))
  await scene.inStatus('delivered', fifth)
  const delivered = (await scene.deliveries(`webhookId=${webhookId}`)).map(({ eventId }) => eventId)
  expect(delivered.toSorted()).toEqual([second, third, fifth].toSorted())
})

it.each<[string, object]>([
  ['has a test that only a later version knows', { not: { path: 'amount', between: [1, 2] } }],
  ['fails at an event', { path: 'amount', prefix: /9/ }],
])('loses nothing to a filter that %s', async (_what, filter) => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const { webhooks } = scene.herald.herald.context.store.models
  await webhooks.updateOne({ _id: webhookId }, { $set: { filter } })

  await scene.inStatus('delivered', await publish(transaction('1.50')), webhookId)
  expect(receiver.requests).toHaveLength(1)
})
