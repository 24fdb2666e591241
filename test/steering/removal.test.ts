import { useScene } from '../support/scene'
import { until } from '../support/until'

// Before the scene is cleared, which its own hook does.
afterAll(() => monitorEvery(60))

const scene = useScene({
  config: { retention: { everyMs: 300, leavingMs: 1_000, recordsLaterMs: 4_000, recheckMs: 500 } },
})

const models = () => scene.herald.herald.context.store.models

const admin = () => models().events.db.getClient().db('admin')
const monitorEvery = (seconds: number) => admin().command({ setParameter: 1, ttlMonitorSleepSecs: seconds })

/** How often MongoDB's TTL monitor has gone over all collections. */
const passes = async (): Promise<number> => Number((await admin().command({ serverStatus: 1 }))['metrics'].ttl.passes)

beforeAll(async () => {
  await monitorEvery(1)
  // It may still sleep for as long as it was told before.
  const before = await passes()
  await until(async () => (await passes()) > before + 1, { timeoutMs: 90_000 })
}, 100_000)

/** Shorter than a person may choose. */
beforeEach(() => models().tenants.updateOne({ _id: scene.tenantId }, { retentionMs: 1_000 }))

async function counts(): Promise<{ events: number; deliveries: number; attempts: number }> {
  const { events, deliveries, attempts } = models().hot
  const mine = { tenantId: scene.tenantId }
  const [ofEvents, ofDeliveries, ofAttempts] = await Promise.all([events, deliveries, attempts].map((all) => all.countDocuments(mine)))
  return { events: ofEvents ?? -1, deliveries: ofDeliveries ?? -1, attempts: ofAttempts ?? -1 }
}

const removed = (wanted: object) =>
  until(async () => JSON.stringify(await counts()) === JSON.stringify(wanted) && true, { timeoutMs: 40_000 })

it('removes a finished event before its deliveries, and then takes its id for a new one, which is delivered', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const event = { id: 'leaves', type: 1, data: { id: 'acc-1', accountType: 'Savings' } }
  expect((await scene.api('POST', '/v1/events', event)).status).toBe(202)
  await scene.inStatus('delivered', 'leaves')
  expect((await scene.api('POST', '/v1/events', event)).status).toBe(200)

  await removed({ events: 0, deliveries: 1, attempts: 1 })

  expect((await scene.api('GET', '/v1/events/leaves')).status).toBe(404)
  expect((await scene.deliveries('eventId=leaves'))[0]).toMatchObject({ status: 'delivered', removeAt: expect.any(String) })
  const other = { ...event, data: { ...event.data, accountType: 'Current' } }
  expect((await scene.api('POST', '/v1/events', other)).status).toBe(202)
  // Temporal knows the id for longer here than MongoDB: the start is refused, and the sweeper's turn would come in a minute.
  await until(async () => {
    await models().hot.events.updateMany({ tenantId: scene.tenantId, leaseUntil: { $exists: true } }, { $set: { leaseUntil: new Date() } })
    return receiver.requests.length === 2
  })
  expect(JSON.parse(receiver.requests[1]?.rawBody ?? '')).toMatchObject({ id: 'leaves', data: other.data })
  await removed({ events: 0, deliveries: 0, attempts: 0 })
  expect(receiver.requests).toHaveLength(2)
})

it('removes nothing of an event while one of its deliveries is parked, and all of it once that was cancelled', async () => {
  const [healthy, broken] = [await scene.receiver(), await scene.receiver(500)]
  await scene.subscribe(healthy.url)
  const webhookId = await scene.subscribe(broken.url, { retry: { maximumAttempts: 2, initialInterval: '100ms' } })
  const parked = await scene.inStatus('parked', await scene.publish(), webhookId)
  const before = await counts()
  // Its first look has come and gone, and so has a second one.
  const looked = async () => (await models().hot.events.findOne({ tenantId: scene.tenantId }))?.lookAgainAt?.getTime()
  const first = await until(looked)
  await until(async () => ((await looked()) ?? 0) > first)

  expect(await counts()).toEqual(before)
  expect(before).toEqual({ events: 1, deliveries: 2, attempts: 3 })

  expect((await scene.api('POST', `/v1/deliveries/${parked.id}/cancel`)).status).toBe(202)
  await removed({ events: 0, deliveries: 0, attempts: 0 })
})

it('removes an event that was cancelled before its time, and none that waits for it', async () => {
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString()
  for (const id of ['waits', 'cancelled']) await scene.publish({ id, deliverAt })
  expect((await scene.api('POST', '/v1/events/cancelled/cancel')).status).toBe(200)

  await removed({ events: 1, deliveries: 0, attempts: 0 })

  expect((await scene.api('GET', '/v1/events/waits')).status).toBe(200)
})

it('keeps what is under a legal hold while the same of others leaves, until the hold is lifted', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const hold = await scene.api('PUT', '/v1/legal-holds/acc-held', { reason: 'case 12/2026' })
  expect(hold.status).toBe(200)
  const about = (id: string) => ({ id: `about-${id}`, type: 1, data: { id, accountType: 'Savings' } })
  for (const id of ['acc-held', 'acc-free']) await scene.inStatus('delivered', await scene.publish(about(id)))

  await removed({ events: 1, deliveries: 1, attempts: 1 })
  expect((await scene.api('GET', '/v1/events/about-acc-held')).status).toBe(200)

  expect((await scene.api('DELETE', '/v1/legal-holds/acc-held')).status).toBe(204)
  await removed({ events: 0, deliveries: 0, attempts: 0 })
})
