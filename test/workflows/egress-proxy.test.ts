import { startProxy, type Proxy } from '../support/connect-proxy'
import { startTestHerald } from '../support/herald'
import { useScene } from '../support/scene'
import { until } from '../support/until'

let proxy: Proxy
const scene = useScene()
beforeAll(async () => {
  proxy = await startProxy()
  await scene.herald.stop()
  scene.herald = await startTestHerald({ config: { ...scene.herald.config, egressProxy: proxy.url(), suspension: { failures: 1, overMs: 0, firstProbeMs: 300, longestProbeMs: 300 } } })
})
afterAll(() => proxy.close())

const isWaiting = async (webhookId: string): Promise<boolean> => (await scene.api<{ retryAfterUntil?: string }>('GET', `/v1/webhooks/${webhookId}`)).body.retryAfterUntil !== undefined

const statusOf = async (webhookId: string): Promise<string> => (await scene.api<{ status: string }>('GET', `/v1/webhooks/${webhookId}`)).body.status

it.each<[string, object]>([
  ['any', {}],
  ['an ordered', { ordering: 'key' }],
])('deliveries of %s webhook wait for a proxy that is away, and use up no attempt', async (_, more) => {
  const receiver = await scene.receiver()
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 }, ...more })
  proxy.close()
  const publish = () => scene.publish({ orderingKey: 'acc-1' })
  const ids = [await publish(), await publish(), await publish()]
  await until(() => isWaiting(webhookId))
  for (const id of ids) expect(await scene.delivery(id, webhookId)).toMatchObject({ status: 'pending', attemptCount: 0 })

  proxy = await startProxy(undefined, proxy.port)
  await receiver.waitFor(3, 20_000)
  for (const id of ids) expect(await scene.inStatus('delivered', id, webhookId)).toMatchObject({ attemptCount: 1 })
  expect(await statusOf(webhookId)).toBe('active')
}, 60_000)

it('a suspended webhook is tried again as soon as the proxy is there', async () => {
  const receiver = await scene.receiver(500)
  const webhookId = await scene.subscribe(receiver.url, { eventTypes: [5], retry: { maximumAttempts: 1 } })
  await scene.publish()
  await until(async () => (await statusOf(webhookId)) === 'suspended')
  const later = await scene.publish()
  proxy.close()
  await until(() => isWaiting(webhookId))
  receiver.answer = 200
  proxy = await startProxy(undefined, proxy.port)
  await scene.inStatus('delivered', later, webhookId)
  await until(async () => (await statusOf(webhookId)) === 'active')
}, 60_000)
