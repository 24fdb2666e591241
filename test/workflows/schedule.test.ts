import { startDelivery } from '../../src'
import { createBank, transaction, type Bank } from '../support/bank'
import { ADMIN_KEY, createApi, startTestHerald, type TestHerald } from '../support/herald'
import { startReceiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'

/** So seldom that whatever is in time is so because of the alarm. */
const SELDOM = { reconcile: { everyMs: 60_000, patienceMs: 60_000 } }
const scene = useScene({ config: SELDOM })

const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString()

/** How late it was, in ms; negative is too early. */
const lateness = (receivedAt: Date | undefined, deliverAt: string): number => (receivedAt?.getTime() ?? NaN) - Date.parse(deliverAt)

function expectOnTime(receivedAt: Date | undefined, deliverAt: string): void {
  expect(lateness(receivedAt, deliverAt)).toBeGreaterThanOrEqual(0)
  expect(lateness(receivedAt, deliverAt)).toBeLessThan(1_500)
}

it('delivers at the time that was asked for, not before, and starts no workflow until then', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const [later, soon] = [ahead(3_000), ahead(1_500)]
  const publish = (id: string, deliverAt: string) => scene.api('POST', '/v1/events', { id, ...transaction(), deliverAt })

  const answer = await publish('later', later)
  await publish('soon', soon)

  expect(answer).toMatchObject({ status: 202, body: { id: 'later', deliverAt: later } })
  expect(answer.body.workflowId).toBeUndefined()
  const [first, second] = await receiver.waitFor(2)
  expect([first, second].map((request) => request?.headers['webhook-id'])).toEqual(['soon', 'later'])
  expectOnTime(first?.receivedAt, soon)
  expectOnTime(second?.receivedAt, later)
  expect(await scene.inStatus('delivered', 'later')).toMatchObject({ attemptCount: 1 })
})

it('delivers a batch that is due at once in one group', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const deliverAt = ahead(1_500)
  const events = Array.from({ length: 60 }, (_, i) => ({ id: `salary-${i}`, ...transaction(), deliverAt }))

  await scene.api('POST', '/v1/events/batch', { events })

  const requests = await receiver.waitFor(60)
  for (const { receivedAt } of requests) expectOnTime(receivedAt, deliverAt)
  const delivered = await until(async () => {
    const found = await scene.deliveries('status=delivered')
    return found.length === 60 ? found : undefined
  })
  expect(new Set(delivered.map(({ workflowId }) => workflowId)).size).toBeLessThan(5)
  expect(receiver.requests).toHaveLength(60)
})

it('does not deliver what was cancelled before its time, and cancels nothing after it', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const deliverAt = ahead(1_500)
  const event = { id: 'cancelled', ...transaction(), deliverAt }
  await scene.publish(event)
  await scene.publish({ id: 'delivered', ...transaction(), deliverAt })

  expect((await scene.api('POST', '/v1/events/cancelled/cancel')).status).toBe(200)

  await scene.inStatus('delivered', 'delivered')
  expect((await scene.api('POST', '/v1/events/delivered/cancel')).status).toBe(409)
  expect(await scene.api('POST', '/v1/events', event)).toMatchObject({ status: 200, body: { cancelledAt: expect.any(String) } })
  // A service that brings it again does not revive it.
  const { workflowId } = await startDelivery(temporal(scene.herald), { ...options(), event })
  expect(await temporal(scene.herald).workflow.getHandle(workflowId).result()).toMatchObject({ deliveries: 0 })
  expect(await scene.deliveries('eventId=cancelled')).toEqual([])
  expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual(['delivered'])
})

const temporal = (herald: TestHerald) => herald.herald.context.temporal.client
const options = () => ({ tenantId: scene.tenantId, taskQueue: scene.herald.config.temporal.taskQueue })

describe('what a service starts through Temporal', () => {
  it('waits in its workflow when it is due within a minute', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url)
    const deliverAt = ahead(2_000)

    const { workflowId } = await startDelivery(temporal(scene.herald), { ...options(), event: { ...transaction(), deliverAt } })

    expect(await temporal(scene.herald).workflow.getHandle(workflowId).result()).toEqual({ deliveries: 1, delivered: 1, held: 0 })
    const [request] = await receiver.waitFor(1)
    expectOnTime(request?.receivedAt, deliverAt)
  })

  it('waits in the journal when it is due later, and is delivered by another workflow', async () => {
    const receiver = await scene.receiver()
    await scene.subscribe(receiver.url)
    const event = { id: 'far', ...transaction(), deliverAt: ahead(90_000) }

    const { workflowId } = await startDelivery(temporal(scene.herald), { ...options(), event })

    const result = await temporal(scene.herald).workflow.getHandle(workflowId).result()
    expect(result).toEqual({ deliveries: 0, delivered: 0, held: 0, scheduled: true })
    expect(await startDelivery(temporal(scene.herald), { ...options(), event })).toMatchObject({ repeated: true })
    expect((await scene.api('POST', '/v1/events', event)).status).toBe(200)
    await pass('far')
    const delivered = await scene.inStatus('delivered', 'far')
    expect(delivered.workflowId).not.toBe(workflowId)
    expect(receiver.requests).toHaveLength(1)
  })

  it('is refused with words for a time that cannot be', async () => {
    const start = (deliverAt: string) =>
      startDelivery(temporal(scene.herald), { ...options(), event: { ...transaction(), deliverAt } })
    await expect(start(ahead(400 * 86_400_000))).rejects.toThrow('event.deliverAt must be at most 366 days ahead')
    await expect(start('2026-01-31 12:00')).rejects.toThrow('event.deliverAt must be a time with its zone')
    const { taskQueue } = options()
    const args = [{ tenantId: scene.tenantId, event: { id: 'no-zone', ...transaction(), deliverAt: '2026-01-31T12:00:00' } }]
    const run = temporal(scene.herald).workflow.execute('deliverEvent', { workflowId: 'no-zone', taskQueue, args })
    await expect(run).rejects.toMatchObject({ cause: { type: 'InvalidEvent', message: expect.stringContaining('event.deliverAt') } })
  })
})

/** The time that an event waits for has come, as far as the journal knows. */
async function pass(eventId: string): Promise<void> {
  const { context } = scene.herald.herald
  const due = new Date(Date.now() - 1)
  await context.store.models.hot.events.updateOne({ eventId, tenantId: scene.tenantId }, { $set: { deliverAt: due, leaseUntil: due } })
  await context.sweeper.sweep()
}

it('delivers on time what was published before the id was used for another event in vain', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const deliverAt = ahead(2_000)
  await scene.publish({ id: 'taken', ...transaction('txn-1'), deliverAt })

  expect((await scene.api('POST', '/v1/events', { id: 'taken', ...transaction('txn-1') })).status).toBe(409)
  const workflow = { workflowId: `event/${scene.tenantId}/taken`, taskQueue: options().taskQueue }
  const args = [{ tenantId: scene.tenantId, event: { id: 'taken', ...transaction('txn-1') } }]
  await temporal(scene.herald).workflow.execute('deliverEvent', { ...workflow, args }).catch(() => undefined)

  const [request] = await receiver.waitFor(1)
  expectOnTime(request?.receivedAt, deliverAt)
})

describe('when Herald is started anew', () => {
  async function scheduled(herald: TestHerald, url: string, deliverAt: string): Promise<Bank> {
    const bank = createBank(createApi(herald.url, ADMIN_KEY))
    await bank.subscribe(url)
    await bank.publish({ id: 'kept', ...transaction(), deliverAt })
    await herald.stop()
    return bank
  }
  const again = ({ config: { mongodb, temporal, encryptionKey } }: TestHerald) =>
    startTestHerald({ config: { ...SELDOM, mongodb, temporal, encryptionKey } })

  it.each([
    ['before the time', 4_000, 0],
    ['after the time', 1_000, 1_500],
  ])('delivers what waits, %s', async (_name, dueInMs, downMs) => {
    const receiver = await startReceiver()
    const before = await startTestHerald({ config: SELDOM })
    const deliverAt = ahead(dueInMs)
    await scheduled(before, receiver.url, deliverAt)
    expect(receiver.requests).toHaveLength(0)
    await until(() => Date.now() >= Date.parse(deliverAt) - dueInMs + downMs)
    const after = await again(before)
    try {
      const [request] = await receiver.waitFor(1)
      expect(lateness(request?.receivedAt, deliverAt)).toBeGreaterThanOrEqual(0)
      if (downMs === 0) expectOnTime(request?.receivedAt, deliverAt)
      await createBank(after.api).inStatus('delivered', 'kept')
      expect(receiver.requests).toHaveLength(1)
    } finally {
      await after.stop()
      await receiver.close()
    }
  })
})

it('delivers on time what was published to a process that has no workers', async () => {
  const receiver = await startReceiver()
  const worker = await startTestHerald({ role: 'worker', config: SELDOM })
  const { mongodb, temporal: settings, encryptionKey } = worker.config
  const api = await startTestHerald({ role: 'api', config: { ...SELDOM, mongodb, temporal: settings, encryptionKey } })
  try {
    const bank = createBank(api.api)
    await bank.subscribe(receiver.url)
    const deliverAt = ahead(1_500)
    await bank.publish({ ...transaction(), deliverAt })
    const [request] = await receiver.waitFor(1)
    expectOnTime(request?.receivedAt, deliverAt)
  } finally {
    await api.stop()
    await worker.stop()
    await receiver.close()
  }
})
