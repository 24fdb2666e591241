import { Client, Connection } from '@temporalio/client'
import { createBank, type Bank } from '../support/bank'
import { ADMIN_KEY, createApi, startTestHerald, type Api, type TestHerald } from '../support/herald'
import { startReceiver, type Receiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'

const TENANT = 'bank'
let herald: TestHerald
let api: Api
let bank: Bank
let failing: Receiver
let healthy: Receiver
let stopped: Promise<void> | undefined

const stop = (): Promise<void> => (stopped ??= herald.stop())

/** The only webhook for transactions fails so often that all its deliveries go into its queue. */
beforeEach(async () => {
  stopped = undefined
  herald = await startTestHerald()
  failing = await startReceiver({ answer: 500 })
  healthy = await startReceiver()
  await herald.api('POST', '/v1/tenants', { id: TENANT, name: 'A bank' })
  api = createApi(herald.url, ADMIN_KEY, TENANT)
  bank = createBank(api)
  await bank.subscribe(failing.url, { eventTypes: [5], retry: { maximumAttempts: 20, initialInterval: '1s', backoffCoefficient: 1 } })
  await api('POST', '/v1/events/batch', { events: Array.from({ length: 60 }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } })) })
  await until(async () => (await bank.deliveries('')).some(({ queued }) => queued))
})
afterEach(async () => {
  await stop()
  await Promise.all([failing, healthy].map((receiver) => receiver.close()))
})

const workflowIdOf = (eventId: string): Promise<string> =>
  until(async () => (await api<{ workflowId?: string }>('GET', `/v1/events/${eventId}`)).body.workflowId)

it('gathers events that only congested webhooks want, but nothing urgent, and nothing that others want', async () => {
  await bank.subscribe(healthy.url, { eventTypes: [1] })

  const patient = await Promise.all(Array.from({ length: 8 }, () => bank.publish()))
  const urgent = await bank.publish({ priority: 1 })
  const wanted = await bank.publish({ type: 'CREATE ACCOUNT', data: { id: 'acc-1', accountType: 'Savings' } })

  expect(new Set(await Promise.all(patient.map(workflowIdOf))).size).toBeLessThan(5)
  expect(await Promise.all([urgent, wanted].map(workflowIdOf))).toEqual([urgent, wanted].map((id) => `event/${TENANT}/${id}`))
})

it('starts what it gathers before the process stops', async () => {
  const eventId = await bank.publish({ id: `${herald.config.processId}-last` })
  await stop()
  const connection = await Connection.connect({ address: sharedStack().temporalAddress })
  const found = await new Client({ connection }).workflow.getHandle(`event/${TENANT}/${eventId}`).describe().catch(() => undefined)
  await connection.close()
  expect(found).toMatchObject({ type: 'deliverEvents' })
})
