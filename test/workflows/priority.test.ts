import { startDelivery } from '../../src'
import { transaction } from '../support/bank'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene()
const client = () => scene.herald.herald.context.temporal.client

const priorityOf = async (workflowId: string) => (await client().workflow.getHandle(workflowId).describe()).priority

const workflowOf = (eventId: string): Promise<string> =>
  until(async () => (await scene.api<{ workflowId?: string }>('GET', `/v1/events/${eventId}`)).body.workflowId)

it('gives Temporal the priority of the event, or of its type, and the tenant and the webhook for fairness', async () => {
  const receiver = await scene.receiver(({ headers }) => (headers['herald-attempt'] === '1' ? 500 : 200))
  const webhookId = await scene.subscribe(receiver.url)
  const account = { type: 2, data: { id: 'acc-1', accountType: 'Savings' } }

  const [plain, urgent] = [await scene.publish(account), await scene.publish({ ...account, priority: 1 })]

  expect(await priorityOf(await workflowOf(plain))).toMatchObject({ priorityKey: 4, fairnessKey: scene.tenantId })
  const { workflowId } = await scene.inStatus('delivered', urgent)
  expect(await priorityOf(workflowId)).toMatchObject({ priorityKey: 1, fairnessKey: scene.tenantId })
  const { events } = await client().workflow.getHandle(workflowId).fetchHistory()
  const activity = events?.find(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
  expect(activity?.activityTaskScheduledEventAttributes?.priority).toMatchObject({ priorityKey: 1, fairnessKey: webhookId })
  expect((await scene.api('GET', `/v1/events/${urgent}`)).body.priority).toBe(1)
})

it('gives a group the priority of its most urgent event', async () => {
  const update = (id: string, more = {}) => ({ id, type: 4, data: { id, customerType: 'Group' }, ...more })
  const events = [update('g-1'), update('g-2'), { ...transaction(), id: 'g-3' }, update('g-4')]
  await scene.api('POST', '/v1/events/batch', { events })
  const workflowId = await workflowOf('g-4')
  expect(workflowId).toMatch(/^events\//)
  expect(await priorityOf(workflowId)).toMatchObject({ priorityKey: 2 })
})

it('counts a priority that was given to what makes an event the same', async () => {
  const event = { id: 'once', ...transaction('txn-1'), priority: 3 }
  const statuses: number[] = []
  for (const { priority } of [event, event, { priority: 4 }, { priority: undefined }]) {
    statuses.push((await scene.api('POST', '/v1/events', { ...event, priority })).status)
  }
  expect(statuses).toEqual([202, 200, 409, 409])
})

it('takes a priority from services that start the delivery themselves', async () => {
  const { taskQueue } = scene.herald.config.temporal
  const start = (more: object) =>
    startDelivery(client(), { tenantId: scene.tenantId, taskQueue, event: { ...transaction(), ...more } })
  const { eventId, workflowId } = await start({ priority: 1 })
  expect(await priorityOf(workflowId)).toMatchObject({ priorityKey: 1 })
  await client().workflow.getHandle(workflowId).result()
  expect((await scene.api('GET', `/v1/events/${eventId}`)).body.priority).toBe(1)
  expect(await priorityOf((await start({})).workflowId)).toMatchObject({ priorityKey: 2 })
  await expect(start({ priority: 9 })).rejects.toMatchObject({ errors: [{ path: 'event.priority' }] })
})
