import { temporal } from '@temporalio/proto'
import { useScene } from '../support/scene'

const { EVENT_TYPE_ACTIVITY_TASK_SCHEDULED } = temporal.api.enums.v1.EventType
const scene = useScene()
const COUNT = 30

/** Publishes events at once to a webhook that no process has seen yet; answers their workflow. */
async function publishTogether(): Promise<string> {
  const events = Array.from({ length: COUNT }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  const { body } = await scene.api<{ data: { workflowId?: string }[] }>('POST', '/v1/events/batch', { events })
  return body.data[0]?.workflowId ?? ''
}

/** What the workflow has asked the other lane for. */
async function activitiesOf(workflowId: string): Promise<number> {
  const { client } = scene.herald.herald.context.temporal
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
  return (events ?? []).filter(({ eventType }) => eventType === EVENT_TYPE_ACTIVITY_TASK_SCHEDULED).length
}

const numbersOf = (requests: { headers: Record<string, unknown> }[]) => [...new Set(requests.map(({ headers }) => headers['herald-attempt']))]

it('delivers the rest at once to a webhook that has answered the first quickly', async () => {
  const receiver = await scene.receiver()
  await scene.subscribe(receiver.url)

  const workflowId = await publishTogether()

  const requests = await receiver.waitFor(COUNT)
  expect(numbersOf(requests)).toEqual(['1'])
  await scene.herald.herald.context.temporal.client.workflow.getHandle(workflowId).result()
  expect(await activitiesOf(workflowId)).toBe(0)
})

it('hands the rest to the other lane when the first is refused, and uses none of their attempts up', async () => {
  let first = true
  const receiver = await scene.receiver(() => {
    const status = first ? 500 : 200
    first = false
    return status
  })
  await scene.subscribe(receiver.url, { retry: { maximumAttempts: 5, initialInterval: '100ms', backoffCoefficient: 1 } })

  const workflowId = await publishTogether()

  const requests = await receiver.waitFor(COUNT + 1)
  expect(requests.filter(({ headers }) => headers['herald-attempt'] === '1')).toHaveLength(COUNT)
  expect(requests.filter(({ headers }) => headers['herald-attempt'] === '2')).toHaveLength(1)
  expect(await activitiesOf(workflowId)).toBeGreaterThan(0)
})

it('asks a webhook that is slow at the first for no more until it has answered', async () => {
  const receiver = await scene.receiver(async () => {
    await new Promise((resolve) => setTimeout(resolve, 600))
    return 200
  })
  await scene.subscribe(receiver.url)

  await publishTogether()

  const requests = await receiver.waitFor(COUNT, 10_000)
  const [first, second] = requests.map(({ receivedAt }) => receivedAt.getTime())
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(500)
})
