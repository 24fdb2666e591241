import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'
import { randomBytes } from 'node:crypto'
import { heraldDataConverter, startDelivery } from '../../src'
import { testConfig } from '../support/herald'
import { useScene } from '../support/scene'
import { until } from '../support/until'
import { newEventId, useService } from './service'

const key = randomBytes(32)
const { temporal: settings } = testConfig()
const scene = useScene({ config: { temporal: { ...settings, payloadKey: key } } })
const service = useService(scene)

const CANARY = 'canary-in-the-body'
const data = { id: 'txn-1', reference: CANARY, amount: '1.10', note: 'Überweisung', nested: { list: [1, null, true] } }

const start = (client: Client) =>
  startDelivery(client, {
    tenantId: scene.tenantId,
    taskQueue: scene.herald.config.temporal.taskQueue,
    event: { id: newEventId(), type: 5, data },
  })

async function historyOf(workflowId: string): Promise<string> {
  const handle = service.client.workflow.getHandle(workflowId)
  await handle.result()
  const history = await handle.fetchHistory()
  return Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1')
}

it('keeps a sealed body out of the history, and delivers it as it is', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)

  const { eventId, workflowId } = await start(service.sealing(key))

  const [request] = await receiver.waitFor(1)
  expect(request?.rawBody).toContain(`"data":${JSON.stringify(data)}}`)
  expect(await historyOf(workflowId)).not.toContain(CANARY)
  expect(await scene.inStatus('delivered', eventId)).toMatchObject({ workflowId })
})

it('takes open starts beside sealed ones, so that services can change over one by one', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)

  const { workflowId } = await start(service.client)

  await receiver.waitFor(1)
  expect(await historyOf(workflowId)).toContain(CANARY)
})

it('leaves a start that is sealed with another key open, and delivers all others', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)
  const { workflowId } = await start(service.sealing(randomBytes(32)))
  const handle = service.client.workflow.getHandle(workflowId)
  await until(async () => (await handle.fetchHistory()).events?.some(({ workflowTaskFailedEventAttributes: failed }) => failed))
  await start(service.sealing(key))

  await receiver.waitFor(1)
  expect((await handle.describe()).status.name).toBe('RUNNING')
  await handle.terminate('the test is over')
})

it('reads the key as Herald does, and refuses what is no key', () => {
  for (const text of [key, key.toString('hex'), key.toString('base64')]) {
    expect(heraldDataConverter(text).payloadCodecs).toHaveLength(1)
  }
  expect(heraldDataConverter(undefined).payloadCodecs).toEqual([])
  expect(() => heraldDataConverter('too short')).toThrow('must be 32 bytes')
})
