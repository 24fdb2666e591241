import { startTestHerald } from '../support/herald'
import { createApi, ADMIN_KEY } from '../support/herald'
import { createBank, type DeliveryJson } from '../support/bank'
import { startReceiver, type ReceivedRequest } from '../support/receiver'
import { until } from '../support/until'

const COUNT = 200
const ids = Array.from({ length: COUNT }, (_, i) => `evt-${String(i).padStart(3, '0')}`)
const failing = (eventId: string): boolean => Number(eventId.slice(4)) % 3 === 0

/** What must be the same however the events were grouped. */
interface Story {
  statuses: Record<string, string>
  attempts: Record<string, string[]>
  bodies: Record<string, string[]>
  workflowsPerDelivery: number
}

const event = (id: string) => ({ id, type: 5, data: { id: `txn-${id}`, amount: '1.10', currency: 'EUR' } })

/** Publishes the events, retries one parked delivery and cancels another, and tells what became of all. */
async function tell(eventsPerWorkflow: number, oneByOne: boolean): Promise<Story> {
  const herald = await startTestHerald({ config: { eventsPerWorkflow } })
  const answer = ({ headers }: ReceivedRequest) => (failing(String(headers['webhook-id'])) ? 500 : 200)
  const receiver = await startReceiver({ answer })
  try {
    const tenantId = `story-${herald.config.mongodb.database}`
    await herald.api('POST', '/v1/tenants', { id: tenantId, name: 'A bank' })
    const api = createApi(herald.url, ADMIN_KEY, tenantId)
    const bank = createBank(api)
    await bank.subscribe(receiver.url, { retry: { maximumAttempts: 3, initialInterval: '100ms', backoffCoefficient: 1 } })
    if (oneByOne) for (const id of ids) await bank.publish(event(id))
    else await api('POST', '/v1/events/batch', { events: ids.map(event) })

    const settled = () => all(bank.deliveries).then((found) => found.filter(({ status }) => status !== 'pending' && status !== 'retrying'))
    await until(async () => (await settled()).length === COUNT, { timeoutMs: 60_000 })
    const [retried, cancelled] = (await all(bank.deliveries)).filter(({ status }) => status === 'parked').toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1))
    receiver.answer = 200
    await api('POST', `/v1/deliveries/${retried?.id}/retry`)
    await api('POST', `/v1/deliveries/${cancelled?.id}/cancel`)
    await bank.inStatus('delivered', retried?.eventId ?? '')
    await bank.inStatus('cancelled', cancelled?.eventId ?? '')
    return await storyOf(bank.deliveries, bank.delivery, receiver.requests)
  } finally {
    await herald.stop()
    await receiver.close()
  }
}

async function all(deliveries: (query: string) => Promise<DeliveryJson[]>): Promise<DeliveryJson[]> {
  const statuses = ['pending', 'retrying', 'delivered', 'parked', 'cancelled']
  return (await Promise.all(statuses.map((status) => deliveries(`status=${status}`)))).flat()
}

async function storyOf(
  list: (query: string) => Promise<DeliveryJson[]>,
  one: (eventId: string) => Promise<DeliveryJson | undefined>,
  requests: ReceivedRequest[],
): Promise<Story> {
  const story: Story = { statuses: {}, attempts: {}, bodies: {}, workflowsPerDelivery: 0 }
  const found = await all(list)
  for (const { eventId, status } of found) {
    story.statuses[eventId] = status
    story.attempts[eventId] = (await one(eventId))?.attempts.map(({ number, outcome }) => `${number} ${outcome}`) ?? []
  }
  for (const { headers, rawBody } of requests) {
    const { createdAt: _time, sequence: _number, ...body } = JSON.parse(rawBody) as Record<string, unknown>
    const seen = (story.bodies[String(headers['webhook-id'])] ??= [])
    seen.push(`${String(headers['herald-attempt'])} ${JSON.stringify(body)}`)
  }
  // What a queue has parked was handed over to a workflow of its own, with others.
  const own = found.map(({ workflowId }) => workflowId).filter((workflowId) => !workflowId.startsWith('adopt/'))
  story.workflowsPerDelivery = new Set(own).size / own.length
  return story
}

it('tells the same story of 200 events, a third of them failing, one by one and in one burst', async () => {
  const single = await tell(1, true)
  const burst = await tell(100, false)

  expect(single.workflowsPerDelivery).toBe(1)
  expect(burst.workflowsPerDelivery).toBeLessThan(0.1)
  expect(burst.statuses).toEqual(single.statuses)
  expect(burst.attempts).toEqual(single.attempts)
  expect(burst.bodies).toEqual(single.bodies)
  const parked = ids.filter(failing).slice(2)
  expect(Object.keys(single.statuses).filter((id) => single.statuses[id] === 'parked').toSorted()).toEqual(parked)
}, 600_000)
