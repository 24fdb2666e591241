import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { historyToJSON } from '@temporalio/common/lib/proto-utils'
import { useScene } from '../support/scene'
import { until } from '../support/until'

/**
 * Not a test: `npm run record-histories` writes the history of every shape that a released workflow
 * has, for the replay tests. Old files stay, as long as such workflows may run somewhere.
 */
const RELEASE = 'v1'

const scene = useScene()
const client = () => scene.herald.herald.context.temporal.client

async function record(name: string, workflowId: string): Promise<void> {
  const handle = client().workflow.getHandle(workflowId)
  await until(async () => (await handle.describe()).status.name !== 'RUNNING')
  const json = historyToJSON(await handle.fetchHistory())
  const file = path.join(__dirname, 'histories', `${RELEASE}-${name}.json`)
  await writeFile(file, `${JSON.stringify(JSON.parse(json, withoutMachine), null, 1)}\n`)
}

/** What tells of the machine that recorded it, and means nothing to a replay. */
const withoutMachine = (key: string, value: unknown): unknown =>
  ['identity', 'stackTrace', 'binaryChecksum'].includes(key) ? 'recorded' : value

it('records an event that is delivered at once', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { workflowId } = await scene.inStatus('delivered', await scene.publish())
  await record('delivered', workflowId)
})

it('records an event that is parked, retried by hand, parked again and cancelled', async () => {
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url)
  const eventId = await scene.publish()
  const { id, workflowId } = await scene.inStatus('parked', eventId)
  await scene.api('POST', `/v1/deliveries/${id}/retry`)
  await until(async () => {
    const delivery = await scene.delivery(eventId)
    return delivery?.round === 1 && delivery.status === 'parked'
  })
  await scene.api('POST', `/v1/deliveries/${id}/cancel`)
  await record('parked-retried-cancelled', workflowId)
})

it('records a burst of which a part fails and is delivered by hand', async () => {
  const receiver = await scene.receiver(({ headers }) => (String(headers['webhook-id']).endsWith('x') ? 500 : 200))
  await scene.subscribe(receiver.url)
  const events = Array.from({ length: 40 }, (_, i) => ({ id: `evt-${i}${i % 10 === 0 ? 'x' : ''}`, type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  const parked = await until(async () => {
    const found = await scene.deliveries('status=parked')
    return found.length === 4 ? found : undefined
  })
  receiver.answer = 200
  for (const { id } of parked) await scene.api('POST', `/v1/deliveries/${id}/retry`)
  for (const { eventId } of parked) await scene.inStatus('delivered', eventId)
  const [first] = parked.filter(({ workflowId }) => workflowId.startsWith('events/'))
  await record('burst', first?.workflowId ?? '')
})

it('records an event that a service brought inline', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const workflowId = `event/${scene.tenantId}/inline-1`
  const { taskQueue } = scene.herald.config.temporal
  const args = [{ tenantId: scene.tenantId, event: { id: 'inline-1', type: 5, data: { id: 'txn-1' } } }]
  await client().workflow.execute('deliverEvent', { workflowId, taskQueue, args })
  await record('inline', workflowId)
})

it('records an adoption that ends with a retry, and one that expires', async () => {
  await scene.herald.api('PATCH', `/v1/tenants/${scene.tenantId}`, { parkedFor: '10s', expiryNotice: '5s' })
  const receiver = await scene.receiver(500)
  await scene.subscribe(receiver.url)
  const eventIds = [await scene.publish(), await scene.publish()]
  const workflowIds: string[] = []
  for (const eventId of eventIds) {
    const { workflowId } = await scene.inStatus('parked', eventId)
    await client().workflow.getHandle(workflowId).terminate()
    const adopted = await until(async () => {
      const delivery = await scene.delivery(eventId)
      return delivery && delivery.workflowId !== workflowId ? delivery : undefined
    })
    workflowIds.push(adopted.workflowId)
  }
  receiver.answer = 200
  const delivery = await scene.delivery(eventIds[0] ?? '')
  await scene.api('POST', `/v1/deliveries/${delivery?.id}/retry`)
  await record('adopted-retried', workflowIds[0] ?? '')
  await record('adopted-expired', workflowIds[1] ?? '')
})

it('records the release of what a paused webhook held', async () => {
  const receiver = await scene.receiver(({ headers }) => (headers['herald-attempt'] === '1' ? 500 : 200))
  const webhookId = await scene.subscribe(receiver.url)
  await scene.api('POST', `/v1/webhooks/${webhookId}/pause`)
  const eventIds = [await scene.publish(), await scene.publish()]
  for (const eventId of eventIds) await scene.inStatus('held', eventId)
  await scene.api('POST', `/v1/webhooks/${webhookId}/resume`)
  for (const eventId of eventIds) await scene.inStatus('delivered', eventId)
  await record('drained', `drain/${scene.tenantId}/${webhookId}`)
  await record('resumed', `release/${scene.tenantId}/${(await newestRelease()).id}`)
})

it('records a parked delivery that a release takes over', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url)
  const eventId = await scene.publish()
  const { workflowId } = await scene.inStatus('parked', eventId)
  receiver.answer = 200
  await scene.api('POST', '/v1/releases', { action: 'retry', filter: { webhookId } })
  await scene.inStatus('delivered', eventId)
  await record('parked-released', workflowId)
  await record('released', `release/${scene.tenantId}/${(await newestRelease()).id}`)
})

it('records deliveries that operators steer by updates, and one that is handed on', async () => {
  const receiver = await scene.receiver(500)
  const webhooks = [await scene.subscribe(receiver.url, { retry: { initialInterval: '1h' } }), await scene.subscribe(receiver.url, { retry: { initialInterval: '1h' } })]
  const parking = await scene.subscribe(receiver.url, { retry: { maximumAttempts: 1 } })
  const eventId = await scene.publish()
  const [retried, cancelled] = await Promise.all(
    webhooks.map((webhookId) =>
      until(async () => {
        const delivery = await scene.delivery(eventId, webhookId)
        return delivery?.nextAttemptAt ? delivery : undefined
      }),
    ),
  )
  const parked = await scene.inStatus('parked', eventId, parking)
  receiver.answer = 200
  const handle = client().workflow.getHandle(parked.workflowId)
  await handle.executeUpdate('retryNow', { args: [{ deliveryId: retried?.id }] })
  await handle.executeUpdate('cancelDelivery', { args: [{ deliveryId: cancelled?.id }] })
  await handle.executeUpdate('retryNow', { args: [{ deliveryId: parked.id }] })
  await record('steered', parked.workflowId)
})

const newestRelease = async (): Promise<{ id: string }> => {
  const [first] = (await scene.api<{ data: { id: string }[] }>('GET', '/v1/releases')).body.data
  return first ?? { id: '' }
}

it('records an erasure that waits for a POST in flight', async () => {
  let answer: () => void = () => undefined
  const receiver = await scene.receiver(() => new Promise<number>((resolve) => (answer = () => resolve(200))))
  await scene.subscribe(receiver.url)
  await scene.publish({ type: 5, data: { id: 'txn-1' } })
  await receiver.waitFor(1)
  const { body } = await scene.api<{ id: string }>('POST', '/v1/erasures', { entityId: 'txn-1' })
  await until(async () => (await scene.deliveries('status=cancelled')).length === 1)
  answer()
  await record('erased', `erase/${scene.tenantId}/${body.id}`)
})
