import type { Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()

/** Publishes so many events to a webhook that fails, and waits until all are parked. */
async function park(count: number, receiver: Receiver, type = 5): Promise<string> {
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [type], retry: { maximumAttempts: 1 } })
  const events = Array.from({ length: count }, (_, i) => ({ type, data: { id: `txn-${i}` } }))
  // Some of them alone, some in groups.
  for (const event of events.slice(0, 5)) await scene.publish(event)
  await scene.api('POST', '/v1/events/batch', { events: events.slice(5) })
  await until(async () => (await inStatus(webhookId, 'parked')) === count)
  return webhookId
}

const inStatus = async (webhookId: string, status: string): Promise<number> =>
  (await scene.deliveries(`webhookId=${webhookId}&status=${status}`)).length

interface ReleaseJson {
  id: string
  status: string
  progress: { released: number; underWay: number }
}

const release = async (body: object): Promise<ReleaseJson> => {
  const answer = await scene.api<ReleaseJson>('POST', '/v1/releases', body)
  expect(answer.status).toBe(201)
  return answer.body
}

const look = async (id: string): Promise<ReleaseJson> => (await scene.api<ReleaseJson>('GET', `/v1/releases/${id}`)).body

const newest = async (): Promise<ReleaseJson> => {
  const [first] = (await scene.api<{ data: ReleaseJson[] }>('GET', '/v1/releases')).body.data
  if (!first) throw new Error('there is no release')
  return first
}

const ended = async (id: string) =>
  until(
    async () => {
      const seen = await look(id)
      return ['finished', 'cancelled'].includes(seen.status) ? seen : undefined
    },
    { timeoutMs: 30_000 },
  )

function mostInASecond(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Math.max(...sorted.map((from, i) => sorted.filter((at, j) => j >= i && at < from + 1_000).length))
}

it('moves the deliveries that are named, those of them that are parked, and no others', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await park(6, receiver)
  receiver.answer = 200
  const parked = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
  const named = parked.slice(0, 2).map(({ id }) => id)
  const filter = { deliveryIds: [...named, 'dlv_none'] }
  expect((await scene.api('POST', '/v1/releases', { action: 'retry', filter, dryRun: true })).body).toMatchObject({ count: 2 })
  const { id } = await release({ action: 'retry', filter })
  await until(async () => (await inStatus(webhookId, 'delivered')) === 2)
  expect((await ended(id)).progress.released).toBe(2)
  expect((await scene.deliveries(`webhookId=${webhookId}&status=delivered`)).map((delivery) => delivery.id).toSorted()).toEqual(named.toSorted())
  const tooMany = await scene.api('POST', '/v1/releases', { action: 'retry', filter: { deliveryIds: Array.from({ length: 201 }, String) } })
  expect(tooMany.status).toBe(400)
})

it('retries what is parked, at no more than its rate, and says how far it has come', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await park(60, receiver)
  const other = await scene.subscribe(receiver.url, { eventTypes: [1], retry: { maximumAttempts: 1 } })
  await scene.inStatus('parked', await scene.publish({ type: 1, data: { id: 'acc-1', accountType: 'Savings' } }))
  receiver.answer = 200
  const before = receiver.requests.length
  const filter = { webhookId, failureReason: 'status', statusCode: 500 }

  const counted = await scene.api('POST', '/v1/releases', { action: 'retry', filter, dryRun: true })
  expect(counted).toMatchObject({ status: 200, body: { dryRun: true, count: 60 } })
  const { id } = await release({ action: 'retry', filter, ratePerSecond: 20 })

  expect(await ended(id)).toMatchObject({ status: 'finished', total: 60, progress: { released: 60, delivered: 60, underWay: 0 } })
  const arrived = receiver.requests.slice(before).map(({ receivedAt }) => receivedAt.getTime())
  expect(arrived).toHaveLength(60)
  // Where they arrive a late one may fall into the next second: a tenth more is the way there, not the pace.
  expect(mostInASecond(arrived)).toBeLessThanOrEqual(22)
  expect(await inStatus(other, 'parked')).toBe(1)
  const [one] = await scene.deliveries(`webhookId=${webhookId}`)
  expect((await scene.api('GET', `/v1/deliveries/${one?.id}`)).body['steered']).toMatchObject([{ action: 'retry', afterAttempt: 1, by: { kind: 'key', id: 'admin' }, releaseId: id }])
}, 60_000)

it('lets the workflows end whose deliveries it has taken over', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await park(8, receiver)
  const parked = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
  receiver.answer = 200
  await ended((await release({ action: 'retry', filter: { webhookId } })).id)
  const { client } = scene.herald.herald.context.temporal
  for (const workflowId of new Set(parked.map((delivery) => delivery.workflowId))) {
    await until(async () => (await client.workflow.getHandle(workflowId).describe()).status.name === 'COMPLETED')
  }
}, 60_000)

it('parks again what fails again, to be retried by hand', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await park(4, receiver)
  const { id } = await release({ action: 'retry', filter: { webhookId } })
  expect(await ended(id)).toMatchObject({ status: 'finished', progress: { released: 4, parked: 4, delivered: 0 } })
  const [first] = await scene.deliveries(`webhookId=${webhookId}&status=parked`)
  expect(first).toMatchObject({ round: 1, attemptCount: 2 })

  receiver.answer = 200
  expect((await scene.api('POST', `/v1/deliveries/${first?.id}/retry`)).status).toBe(202)
  await until(async () => (await inStatus(webhookId, 'delivered')) === 1)
}, 60_000)

it('is paused, goes on, and when it is cancelled leaves the rest parked', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await park(40, receiver)
  receiver.answer = 200
  const { id } = await release({ action: 'retry', filter: { webhookId }, ratePerSecond: 5 })
  const steer = async (verb: string) => (await scene.api('POST', `/v1/releases/${id}/${verb}`)).body.status

  expect(await steer('pause')).toBe('paused')
  const paused = await until(async () => {
    const seen = await look(id)
    return seen.progress.underWay === 0 ? seen : undefined
  })
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  expect((await look(id)).progress.released).toBe(paused.progress.released)

  expect(await steer('resume')).toBe('running')
  await until(async () => (await inStatus(webhookId, 'delivered')) > paused.progress.released)
  expect(await steer('cancel')).toBe('cancelled')
  const rest = await until(async () => {
    const [parked, delivered] = [await inStatus(webhookId, 'parked'), await inStatus(webhookId, 'delivered')]
    return parked + delivered === 40 ? parked : undefined
  })
  expect(rest).toBeGreaterThan(15)
  expect((await scene.api('POST', `/v1/releases/${id}/resume`)).status).toBe(409)
}, 60_000)

it('cancels many at once, and tells who subscribes that it has ended', async () => {
  const operations = await scene.receiver()
  await scene.subscribe(operations.url, { eventTypes: ['release.finished'] })
  const receiver = await scene.receiver(500)
  const webhookId = await park(12, receiver)
  const { id } = await release({ action: 'cancel', filter: { webhookId } })
  expect(await ended(id)).toMatchObject({ status: 'finished', progress: { cancelled: 12 } })
  expect(receiver.requests).toHaveLength(12)
  const [told] = await operations.waitFor(1)
  expect(JSON.parse(told?.rawBody ?? '{}')).toMatchObject({ type: 'release.finished', data: { id, action: 'cancel', total: 12, done: 12 } })
}, 60_000)

it('releases what a pause held, oldest first, and shows it', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  const eventIds: string[] = []
  for (let i = 0; i < 10; i += 1) eventIds.push(await scene.publish())
  await until(async () => (await inStatus(webhookId, 'held')) === 10)
  const refused = await scene.api('POST', '/v1/releases', { action: 'resume', filter: { webhookId } })
  expect(refused).toMatchObject({ status: 409, body: { currentStatus: 'paused' } })

  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)

  const requests = await receiver.waitFor(10)
  const made = await newest()
  expect(made).toMatchObject({ action: 'resume', filter: { webhookId }, total: 10, createdBy: 'admin' })
  const resumedBy = async () => (await scene.herald.herald.context.store.models.webhooks.findById(webhookId).lean<{ resumedBy?: string }>())?.resumedBy
  expect(await resumedBy()).toBe('admin')
  expect(await ended(made.id)).toMatchObject({ status: 'finished', progress: { delivered: 10 } })
  expect(requests[0]?.headers['webhook-id']).toBe(eventIds[0])
  // Whoever has it go on the next time, it is in no other's name.
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  expect(await resumedBy()).toBeUndefined()
}, 60_000)

it('releases in the name of who resumed when the process that took the resume has died', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  await scene.publish()
  await until(async () => (await inStatus(webhookId, 'held')) === 1)

  // All that it had written by then.
  await scene.herald.herald.context.store.models.webhooks.updateOne({ _id: webhookId }, { $set: { status: 'active', resumedBy: 'key_of_a_person' } })

  await receiver.waitFor(1)
  expect(await newest()).toMatchObject({ action: 'resume', filter: { webhookId }, createdBy: 'key_of_a_person' })
}, 60_000)

it('ends the release of a webhook that is paused again, and holds the rest', async () => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  const events = Array.from({ length: 150 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  await until(async () => (await inStatus(webhookId, 'held')) === 150)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await receiver.waitFor(1)

  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)

  expect(await ended((await newest()).id)).toMatchObject({ status: 'cancelled' })
  await until(async () => (await inStatus(webhookId, 'held')) + (await inStatus(webhookId, 'delivered')) === 150)
  expect(await inStatus(webhookId, 'held')).toBeGreaterThan(0)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  await until(async () => (await inStatus(webhookId, 'delivered')) === 150, { timeoutMs: 20_000 })
}, 60_000)

it('lets no webhook that hangs hold up what goes to the others', async () => {
  const hung = await scene.receiver(500)
  const slow = await park(60, hung)
  const receiver = await scene.receiver(500)
  const healthy = await park(20, receiver, 6)
  hung.answer = { hang: true }
  receiver.answer = 200
  const before = receiver.requests.length

  // Five seconds of its rate may be under way to one webhook: the 50 oldest, which all hang.
  const { id } = await release({ action: 'retry', filter: {}, ratePerSecond: 10 })

  await receiver.waitFor(before + 20, 13_000)
  expect(await inStatus(slow, 'delivered')).toBe(0)
  expect(await inStatus(healthy, 'delivered')).toBe(20)
  hung.answer = 200
  expect(await ended(id)).toMatchObject({ status: 'finished', progress: { released: 80 } })
}, 90_000)
