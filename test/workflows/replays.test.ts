import type { Receiver } from '../support/receiver'
import { transaction } from '../support/bank'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()
const EVER = '2020-01-01'

interface ReplayJson {
  id: string
  status: string
  total: number
  replayedFrom: string
  progress: { released: number; delivered: number; parked: number }
}

const account = (id: string) => ({ type: 1, data: { id, accountType: 'Savings' } })

const replay = async (filter: object, ratePerSecond = 100): Promise<ReplayJson> => {
  const answer = await scene.api<ReplayJson>('POST', '/v1/releases', { action: 'replay', filter, ratePerSecond })
  expect(answer.status).toBe(201)
  return answer.body
}

const counted = async (filter: object): Promise<number> =>
  (await scene.api<{ count: number }>('POST', '/v1/releases', { action: 'replay', filter, dryRun: true })).body.count

const look = async (id: string): Promise<ReplayJson> => (await scene.api<ReplayJson>('GET', `/v1/releases/${id}`)).body

const finished = (id: string): Promise<ReplayJson> =>
  until(async () => {
    const seen = await look(id)
    return seen.status === 'finished' ? seen : undefined
  }, { timeoutMs: 30_000 })

const idsAt = ({ requests }: Receiver): unknown[] => requests.map(({ headers }) => headers['webhook-id'])

/** Publishes to a webhook of an own, until all of it is delivered. */
async function history(count: number): Promise<string[]> {
  const first = await scene.subscribe((await scene.receiver()).url)
  const events = Array.from({ length: count }, (_, i) => transaction(`txn-${i}`))
  const { body } = await scene.api<{ data: { id: string }[] }>('POST', '/v1/events/batch', { events })
  await until(async () => (await scene.deliveries(`webhookId=${first}&status=delivered`)).length === count)
  return body.data.map(({ id }) => id)
}

it('delivers what was published before the webhook was made, in publish order, when asked to', async () => {
  const eventIds = await history(30)
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)

  expect(await counted({ webhookId, from: EVER })).toBe(0)
  expect(await counted({ webhookId, from: EVER, includeEarlier: true })).toBe(30)
  const { id } = await replay({ webhookId, from: EVER, includeEarlier: true }, 10)

  expect(await finished(id)).toMatchObject({ total: 30, progress: { released: 30, delivered: 30 } })
  expect(idsAt(receiver).toSorted()).toEqual(eventIds.toSorted())
  // Ten a second, one page after the other.
  const pages = [0, 10, 20].map((from) => idsAt(receiver).slice(from, from + 10))
  expect(pages.map((page) => page.toSorted())).toEqual([0, 10, 20].map((from) => eventIds.slice(from, from + 10).toSorted()))
}, 60_000)

it('delivers what was delivered before as a delivery of its own, with the same id and the same bytes', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const before = await scene.publish()
  await scene.inStatus('delivered', before)
  const from = new Date().toISOString()
  const eventId = await scene.publish()
  const first = await scene.inStatus('delivered', eventId)

  expect(await counted({ webhookId, from })).toBe(1)
  const { id } = await replay({ webhookId, from })

  expect(await finished(id)).toMatchObject({ progress: { delivered: 1 } })
  const [, sent, again] = receiver.requests
  expect(idsAt(receiver)).toEqual([before, eventId, eventId])
  expect(again?.rawBody).toBe(sent?.rawBody)
  const all = await scene.deliveries(`eventId=${eventId}`)
  expect(all).toHaveLength(2)
  expect(all.find((delivery) => delivery.id === first.id)).toMatchObject({ status: 'delivered', attemptCount: 1 })
  expect(all.find((delivery) => delivery.id !== first.id)).toMatchObject({ status: 'delivered', attemptCount: 1, replayedBy: id })
}, 60_000)

it('gives what is parked another round of its own, and what fails again is parked and retried as ever', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const parked = await scene.inStatus('parked', await scene.publish())
  receiver.answer = 200
  const delivered = await scene.inStatus('delivered', await scene.publish())
  receiver.answer = 500

  const { id } = await replay({ webhookId, from: EVER })

  expect(await finished(id)).toMatchObject({ total: 2, progress: { released: 2, parked: 2 } })
  const all = await scene.deliveries(`webhookId=${webhookId}`)
  expect(all.find((delivery) => delivery.id === parked.id)).toMatchObject({ status: 'parked', round: 1, attemptCount: 2 })
  expect(all.find((delivery) => delivery.id === delivered.id)).toMatchObject({ status: 'delivered' })
  const made = all.find(({ replayedBy }) => replayedBy === id)
  expect(made).toMatchObject({ status: 'parked', round: 0, attemptCount: 1, eventId: delivered.eventId })

  receiver.answer = 200
  expect((await scene.api('POST', `/v1/deliveries/${made?.id}/retry`)).status).toBe(202)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=delivered`)).length === 2)
}, 60_000)

it('replays what the webhook wants by type, filter and entity, and counts that exactly', async () => {
  const receiver = await scene.receiver()
  for (const amount of ['10.00', '100.00', '1000.00']) {
    await scene.publish({ type: 5, data: { id: `txn-${amount}`, amount } })
  }
  const accountId = await scene.publish(account('acc-1'))
  await scene.publish({ type: 3, data: { id: 'cust-1', customerType: 'Group' } })
  await until(async () => (await scene.api<{ workflowId?: string }>('GET', `/v1/events/${accountId}`)).body.workflowId)
  const webhookId = await scene.subscribe(receiver.url, {
    eventTypes: [1, 5],
    filter: { or: [{ path: 'amount', gte: '100' }, { path: 'accountType', exists: true }] },
  })
  const all = { webhookId, from: EVER, includeEarlier: true }

  expect(await until(async () => (await counted(all)) === 3)).toBe(true)
  expect(await counted({ ...all, type: 'TRANSACTION SUCCESSFUL' })).toBe(2)
  expect(await counted({ ...all, entityId: 'acc-1' })).toBe(1)
  expect(await counted({ ...all, to: '2021-01-01' })).toBe(0)
  await finished((await replay({ ...all, entityId: 'acc-1' })).id)
  expect(idsAt(receiver)).toEqual([accountId])
  await finished((await replay(all)).id)
  expect(receiver.requests).toHaveLength(4)
}, 60_000)

it('waits while its webhook is paused, and goes on after that', async () => {
  await history(40)
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  const { id } = await replay({ webhookId, from: EVER, includeEarlier: true }, 10)
  await receiver.waitFor(5)

  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=pending`)).length === 0)
  expect(await look(id)).toMatchObject({ status: 'running' })
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)

  await finished(id)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=delivered`)).length === 40)
  expect(new Set(idsAt(receiver)).size).toBe(40)
}, 60_000)

it('says from when on it replays: not before the webhook was made, and not beyond retention', async () => {
  const webhookId = await scene.subscribe((await scene.receiver()).url)
  const now = Date.now()
  const own = await replay({ webhookId, from: EVER })
  expect(Math.abs(Date.parse(own.replayedFrom) - now)).toBeLessThan(10_000)
  const earlier = await replay({ webhookId, from: EVER, includeEarlier: true })
  const days = (now - Date.parse(earlier.replayedFrom)) / 86_400_000
  expect(days).toBeGreaterThan(89.9)
  expect(days).toBeLessThan(90)
})

it.each([
  [{ from: EVER }, 'filter.webhookId'],
  [{ webhookId: 'whk_1' }, 'filter.from'],
  [{ webhookId: 'whk_1', from: EVER, statusCode: 500 }, 'filter.statusCode'],
])('refuses a replay of %j and says which field is wrong', async (filter, path) => {
  const { status, body } = await scene.api<{ errors: { path: string }[] }>('POST', '/v1/releases', { action: 'replay', filter })
  expect(status).toBe(400)
  expect(body.errors.map((error) => error.path)).toEqual([path])
})

it('refuses includeEarlier for other actions', async () => {
  const { body } = await scene.api('POST', '/v1/releases', { action: 'retry', filter: { includeEarlier: true } })
  expect(body).toMatchObject({ status: 400, errors: [{ path: 'filter.includeEarlier', message: 'goes with the action replay only' }] })
})

it('retries a replayed delivery that has just parked, while its queue still works', async () => {
  await history(3)
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  await replay({ webhookId, from: EVER, includeEarlier: true })
  const [parked] = await until(async () => {
    const found = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
    return found.length === 3 ? found : undefined
  })

  receiver.answer = 200
  expect((await scene.api('POST', `/v1/deliveries/${parked?.id}/retry`)).status).toBe(202)
  await until(async () => (await scene.deliveries(`webhookId=${webhookId}&status=delivered`)).length === 1, { timeoutMs: 20_000 })
}, 60_000)
