import { setTimeout as wait } from 'node:timers/promises'
import { useScene } from '../support/scene'
import { until } from '../support/until'

/** Nobody looks after the queues but their own runs. */
const scene = useScene({ config: { reconcile: { everyMs: 60_000, patienceMs: 60_000 } } })

const EVENTS = 24
/** So slow that a run has work left when it learns, after five seconds, that it was given up. */
const ANSWER_MS = 300

/** A webhook that takes one request at a time, and how many it was sent at once. */
async function single(): Promise<{ webhookId: string; open: { now: number; most: number } }> {
  const open = { now: 0, most: 0 }
  const receiver = await scene.receiver(async () => {
    open.most = Math.max(open.most, (open.now += 1))
    await wait(ANSWER_MS)
    open.now -= 1
    return 200
  })
  return { webhookId: await scene.subscribe(receiver.url, { eventTypes: [5], maxInFlight: 1 }), open }
}

const deliveredAt = (webhookId: string) => scene.deliveries(`webhookId=${webhookId}&status=delivered`)

it('ends the run of a queue that Temporal has given up, which has the others worked off and loses no attempt', async () => {
  const { client } = scene.herald.herald.context.temporal
  const workflowOf = (webhookId: string) => client.workflow.getHandle(`drain/${scene.tenantId}/${webhookId}`)
  const isTerminated = async (webhookId: string) => (await workflowOf(webhookId).describe()).status.name === 'TERMINATED'
  const [replaced, alone] = [await single(), await single()]
  const events = Array.from({ length: EVENTS }, (_, i) => ({ type: 5, data: { id: `txn-${i}` } }))
  await scene.api('POST', '/v1/events/batch', { events })
  for (const { webhookId } of [replaced, alone]) {
    await until(async () => (await deliveredAt(webhookId)).length > 0)
    // Its run learns of that with its next sign of life.
    await workflowOf(webhookId).terminate()
  }
  await client.workflow.start('drainWebhook', {
    workflowId: workflowOf(replaced.webhookId).workflowId,
    taskQueue: scene.herald.config.temporal.taskQueue,
    args: [{ tenantId: scene.tenantId, webhookId: replaced.webhookId }],
  })
  await until(async () => !(await isTerminated(alone.webhookId)))
  expect((await deliveredAt(alone.webhookId)).length).toBeLessThan(EVENTS)
  for (const { webhookId, open } of [replaced, alone]) {
    const delivered = await until(async () => {
      const found = await deliveredAt(webhookId)
      return found.length === EVENTS ? found : undefined
    })
    expect(open.most).toBe(1)
    expect(new Set(delivered.map(({ attemptCount }) => attemptCount))).toEqual(new Set([1]))
  }
}, 40_000)
