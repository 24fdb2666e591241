import { mongo } from 'mongoose'
import type { DeliveryRecord } from '../../src/store/records'
import { transaction } from '../support/bank'
import { startTestHerald } from '../support/herald'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()
const models = () => scene.herald.herald.context.store.models

interface ErasureJson {
  id: string
  status: string
  total: number
  events: number
  deliveries: number
  cancelled: number
  attempts: number
  receivers: { webhookId: string; deliveries: number }[]
  kept: object[]
}

const erase = (body: object) => scene.api<ErasureJson>('POST', '/v1/erasures', body)
const ended = (id: string): Promise<ErasureJson> =>
  until(async () => {
    const { body } = await scene.api<ErasureJson>('GET', `/v1/erasures/${id}`)
    return body.status === 'running' ? undefined : body
  }, { timeoutMs: 30_000 })
const look = async (eventId: string) => (await scene.api<{ data: unknown; erasedAt?: string; cancelledAt?: string }>('GET', `/v1/events/${eventId}`)).body
/** One whose answer repeats the data that it was sent. */
const echo = (status = 200) => scene.receiver(({ rawBody }) => ({ status, body: rawBody }))
const about = (id: string, more: object = {}) => scene.publish({ ...transaction(id), ...more })

it('removes the data of an entity and what was answered to it, and keeps ids and outcomes', async () => {
  const webhookId = await scene.subscribe((await echo()).url)
  const [mine, also, other] = [await about('cust-1'), await about('cust-1'), await about('cust-2')]
  for (const id of [mine, also, other]) await scene.inStatus('delivered', id)
  expect((await erase({ entityId: 'cust-1', dryRun: true })).body).toEqual({ dryRun: true, events: 2 })

  const { status, body } = await erase({ entityId: 'cust-1', reason: 'request 17' })
  expect(status).toBe(201)
  expect(await ended(body.id)).toMatchObject({
    status: 'finished', total: 2, events: 2, deliveries: 2, cancelled: 0, attempts: 2, receivers: [{ webhookId, deliveries: 2 }], reason: 'request 17', entityId: 'cust-1',
  })

  for (const id of [mine, also]) {
    expect(await look(id)).toMatchObject({ data: null, erasedAt: expect.any(String) })
    const { status: left, attempts } = (await scene.delivery(id)) ?? {}
    expect([left, attempts]).toEqual(['delivered', [expect.objectContaining({ outcome: 'delivered', erasedAt: expect.any(String) })]])
    expect(attempts?.[0]).not.toHaveProperty('response')
    expect(Object.keys(attempts?.[0]?.request?.headers ?? {})).not.toContain('webhook-signature')
  }
  expect(await look(other)).toMatchObject({ data: { id: 'cust-2' } })
  expect((await scene.delivery(other))?.attempts[0]?.response?.body).toContain('cust-2')
  const records = [...(await models().hot.events.find({ tenantId: scene.tenantId, entityId: 'cust-1' }).toArray()), ...(await models().hot.attempts.find({ tenantId: scene.tenantId, erasedAt: { $exists: true } }).toArray())]
  expect(records).toHaveLength(4)
  for (const record of records) expect([record, JSON.stringify(record).includes('"sealed"'), 'data' in record, 'hash' in record]).toEqual([expect.anything(), false, false, false])
})

it('gives up what is under way, wherever it stands, and lets a POST in flight end', async () => {
  const receiver = await echo(500)
  const parking = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const waiting = await scene.subscribe(receiver.url, { retry: { initialInterval: '1h' } })
  const paused = await scene.subscribe(receiver.url)
  await scene.api('POST', `/v1/webhooks/${paused}/pause`)
  let answer: () => void = () => undefined
  const slow = await scene.receiver(() => new Promise<number>((resolve) => (answer = () => resolve(200))))
  const hanging = await scene.subscribe(slow.url)
  const eventId = await about('cust-1')
  await scene.inStatus('parked', eventId, parking)
  await scene.inStatus('held', eventId, paused)
  await until(async () => (await scene.delivery(eventId, waiting))?.nextAttemptAt)
  await slow.waitFor(1)
  const scheduled = await about('cust-1', { deliverAt: new Date(Date.now() + 3_600_000).toISOString() })

  const { body } = await erase({ entityId: 'cust-1' })
  await until(async () => (await scene.delivery(eventId, hanging))?.status === 'cancelled')
  expect((await scene.api<ErasureJson>('GET', `/v1/erasures/${body.id}`)).body.status).toBe('running')
  answer()

  const report = await ended(body.id)
  expect(report).toMatchObject({ status: 'finished', events: 2, deliveries: 4, cancelled: 4 })
  // Whoever answered 500, and whoever answered when it was cancelled already, has read it.
  expect(report.receivers).toHaveLength(3)
  expect(report.receivers).toEqual(expect.arrayContaining([parking, waiting, hanging].map((webhookId) => ({ webhookId, deliveries: 1 }))))
  let attempts = 0
  for (const webhookId of [parking, waiting, paused, hanging]) {
    const delivery = await scene.delivery(eventId, webhookId)
    expect(delivery).toMatchObject({ status: 'cancelled', cancelledReason: 'event erased' })
    for (const attempt of delivery?.attempts ?? []) expect(attempt).toMatchObject({ erasedAt: expect.any(String) })
    attempts += delivery?.attempts.length ?? 0
  }
  expect(report.attempts).toBe(attempts)
  expect(await look(scheduled)).toMatchObject({ data: null, cancelledAt: expect.any(String) })
  const posts = receiver.requests.length
  await scene.api('POST', `/v1/webhooks/${paused}/resume`)
  const { body: release } = await scene.api<{ id: string }>('POST', '/v1/releases', { action: 'replay', filter: { webhookId: parking, from: '2020-01-01', includeEarlier: true } })
  await until(async () => (await scene.api<{ status: string }>('GET', `/v1/releases/${release.id}`)).body.status === 'finished')
  expect(receiver.requests.length).toBe(posts)
}, 60_000)

it('is refused under a legal hold, of the entity or of the tenant, before and while it runs', async () => {
  await scene.subscribe((await echo()).url)
  const eventId = await about('cust-1')
  await scene.inStatus('delivered', eventId)
  await scene.api('PUT', '/v1/legal-holds/cust-1', { reason: 'a case' })
  for (const dryRun of [true, false]) expect(await erase({ entityId: 'cust-1', dryRun })).toMatchObject({ status: 409, body: { legalHold: 'entity' } })
  await scene.api('DELETE', '/v1/legal-holds/cust-1')
  await scene.herald.api('PATCH', `/v1/tenants/${scene.tenantId}`, { legalHold: true })
  expect(await erase({ entityId: 'cust-1' })).toMatchObject({ status: 409, body: { legalHold: 'tenant' } })
  await scene.herald.api('PATCH', `/v1/tenants/${scene.tenantId}`, { legalHold: false })

  // One that is about to be dispatched keeps it from going on until the hold is there.
  await models().hot.events.updateOne({ tenantId: scene.tenantId, eventId }, { $unset: { dispatchedAt: '' } })
  const { body } = await erase({ entityId: 'cust-1' })
  await scene.api('PUT', '/v1/legal-holds/cust-1', { reason: 'a case' })
  expect(await ended(body.id)).toMatchObject({ status: 'refused', events: 0 })
  expect(await look(eventId)).toMatchObject({ data: { id: 'cust-1' } })
})

it('reports what is gone where a legal hold ends it in the middle of a page', async () => {
  const webhookId = await scene.subscribe((await echo()).url)
  const [standing, gone] = [await about('cust-1'), await about('cust-1')]
  for (const id of [standing, gone]) {
    await scene.inStatus('delivered', id)
    await until(async () => (await models().hot.events.findOne({ tenantId: scene.tenantId, eventId: id }))?.dispatchedAt)
  }
  await models().hot.events.updateOne({ tenantId: scene.tenantId, eventId: standing }, { $unset: { dispatchedAt: '' } })
  const { body } = await erase({ entityId: 'cust-1' })
  await until(async () => (await look(gone)).erasedAt)
  await scene.api('PUT', '/v1/legal-holds/cust-1', { reason: 'a case' })

  // The answers to it are kept: they were not reached.
  expect(await ended(body.id)).toMatchObject({ status: 'refused', total: 2, events: 1, deliveries: 1, attempts: 0, receivers: [{ webhookId, deliveries: 1 }] })
  expect(await look(standing)).toMatchObject({ data: { id: 'cust-1' } })
})

it('leaves alone what is published later, and refuses the id of what was erased to another event', async () => {
  const id = await about('cust-1', { id: 'evt-same' })
  await until(async () => (await models().hot.events.findOne({ tenantId: scene.tenantId, eventId: id }))?.dispatchedAt)
  expect(await ended((await erase({ entityId: 'cust-1' })).body.id)).toMatchObject({ events: 1 })

  expect((await scene.api('POST', '/v1/events', { id: 'evt-same', ...transaction('cust-1') })).status).toBe(409)
  const later = await about('cust-1')
  expect(await look(later)).toMatchObject({ data: { id: 'cust-1' } })
  expect(await ended((await erase({ entityId: 'cust-1' })).body.id)).toMatchObject({ total: 1, events: 1 })
})

it('removes also what cannot be opened, and so has never been dispatched', async () => {
  const lost = { eventId: 'evt-lost', tenantId: scene.tenantId, typeId: 5, type: 'A TYPE', createdAt: new Date(Date.now() - 600_000), entityId: 'cust-1', hash: 'x' }
  await models().hot.events.insertOne({ ...lost, _id: `${scene.tenantId}/evt-lost`, data: new mongo.Binary(Buffer.alloc(64, 1)), starter: 'of a test', leaseUntil: new Date(Date.now() + 3_600_000) })
  const eventId = await about('cust-1')

  expect(await ended((await erase({ entityId: 'cust-1' })).body.id)).toMatchObject({ status: 'finished', total: 2, events: 2 })
  for (const id of ['evt-lost', eventId]) expect(await look(id)).toMatchObject({ data: null, erasedAt: expect.any(String) })
  expect(await models().hot.events.findOne({ tenantId: scene.tenantId, eventId: 'evt-lost' })).not.toHaveProperty('leaseUntil')
})

it('does not deliver what a replay has made of an event that was being erased', async () => {
  const receiver = await echo()
  const webhookId = await scene.subscribe(receiver.url)
  const eventId = await about('cust-1')
  const { id } = await scene.inStatus('delivered', eventId)
  await ended((await erase({ entityId: 'cust-1' })).body.id)
  const record = await models().hot.deliveries.findOne({ _id: id })
  if (!record) throw new Error('The delivery is gone')
  const late: DeliveryRecord = { ...record, _id: `${id.slice(0, -1)}z`, status: 'pending', posts: 0, intents: [], queue: 'waiting', nextAttemptAt: new Date(), workflowId: `drain/${scene.tenantId}/${webhookId}` }
  await models().hot.deliveries.insertOne(late)

  await until(async () => (await models().hot.deliveries.findOne({ _id: late._id }))?.cancelledReason === 'event erased')
  expect(receiver.requests).toHaveLength(1)
})

it('is looked for again and again by every process, whichever its role', async () => {
  const { config } = scene.herald
  const others = await Promise.all((['api', 'worker'] as const).map((role) => startTestHerald({ role, config: { ...config, processId: `${config.processId}-${role}` } })))
  try {
    const looks = [scene.herald, ...others].map(({ herald }) => jest.spyOn(herald.context.forgetting, 'look'))
    await until(() => looks.every(({ mock }) => mock.calls.length > 1))
    for (const { mock } of looks) await Promise.all(mock.results.map(({ value }) => value))
    for (const look of looks) look.mockRestore()
  } finally {
    await Promise.all(others.map((other) => other.stop()))
  }
})
