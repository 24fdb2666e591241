import { eventOf, placeOf, watchOrder } from '../support/in-order'
import { useScene } from '../support/scene'
import { until } from '../support/until'

const scene = useScene({ config: { suspension: { failures: 5, overMs: 500, firstProbeMs: 500, longestProbeMs: 1_000 } } })

const publish = (key: string, place: number) => scene.publish(eventOf(key, place))
const statusOf = async (webhookId: string) => (await scene.api<{ status: string }>('GET', `/v1/webhooks/${webhookId}`)).body.status

it('tries a suspended webhook with nothing that stands behind a parked event, and keeps the order when it goes on', async () => {
  let isDown = false
  const watch = watchOrder((key) => (isDown || key === 'acc-0' ? 500 : 200))
  const receiver = await scene.receiver(watch.answer)
  const retry = { maximumAttempts: 2, initialInterval: '200ms', backoffCoefficient: 1 }
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], ordering: 'key', retry })
  const [blocking, behind] = [await publish('acc-0', 0), await publish('acc-0', 1)]
  await scene.inStatus('parked', blocking)
  isDown = true
  let failing = 0
  await until(async () => {
    await publish(`acc-${++failing}`, 0)
    return (await statusOf(webhookId)) === 'suspended'
  })
  const last = await publish('last', 0)
  const then = await publish('last', 1)
  for (const id of [behind, last, then]) await scene.inStatus('held', id)

  isDown = false
  await until(async () => (await statusOf(webhookId)) === 'active')
  for (const id of [last, then]) await scene.inStatus('delivered', id)
  expect(watch.breaches).toEqual([])
  expect(receiver.requests.map(placeOf).filter(({ key, place }) => key === 'acc-0' && place === 1)).toEqual([])
  await until(async () => (await scene.delivery(behind))?.queued)
  expect(await scene.delivery(behind)).toMatchObject({ status: 'pending', waitsFor: { eventId: blocking, status: 'parked' } })
}, 60_000)
