import { ADMIN_KEY, createApi, startTestHerald, testConfig, type Api, type TestHerald } from '../support/herald'
import { createBank, transaction } from '../support/bank'
import { startMongoProxy, type MongoProxy } from '../support/mongo-proxy'
import { startReceiver, type Receiver } from '../support/receiver'
import { sharedStack } from '../support/shared-stack'
import { until } from '../support/until'

let proxy: MongoProxy
let herald: TestHerald
let receiver: Receiver
let api: Api

beforeAll(async () => {
  proxy = await startMongoProxy(sharedStack().mongodbUri)
  const config = testConfig()
  config.mongodb.uri = proxy.uri
  herald = await startTestHerald({ config })
  // Acts for the default tenant: with no header there is nothing to look up first.
  api = createApi(herald.url, ADMIN_KEY)
  receiver = await startReceiver()
  await createBank(api).subscribe(receiver.url)
})
afterEach(async () => {
  proxy.open()
  await until(() => fetch(`${herald.url}/readyz`).then(({ ok }) => ok))
})
afterAll(async () => {
  proxy.open()
  await herald.stop()
  await receiver.close()
  await proxy.close()
})

interface Refusal {
  detail: string
  eventId?: string
  eventIds?: (string | null)[]
}

it('does not claim to know whether a frozen MongoDB took an event, and names the id to repeat it with', async () => {
  const event = transaction()
  proxy.freeze()

  const refused = await api<Refusal>('POST', '/v1/events', event)

  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.body.eventId).toMatch(/^evt_/)
  expect(refused.body.detail).toMatch(`not known whether the event was accepted: try again in a second with the id ${refused.body.eventId}`)
  proxy.open()
  const repeated = await until(async () => {
    const answer = await api('POST', '/v1/events', { ...event, id: refused.body.eventId })
    return answer.status < 300 ? answer : undefined
  })
  expect(repeated.body.id).toBe(refused.body.eventId)
  await createBank(api).inStatus('delivered', String(refused.body.eventId))
})

it('answers 200 to the repeat of an event whose acceptance was in doubt and had happened', async () => {
  const event = transaction()
  const lost = proxy.lose('answer', /(insert|findAndModify).{0,12}events/s)
  const refusing = api<Refusal>('POST', '/v1/events', event)
  await lost
  const { status, body } = await refusing
  expect(status).toBe(503)
  expect(body.detail).toContain('not known')
  proxy.open()

  await until(async () => (await api('POST', '/v1/events', { ...event, id: body.eventId })).status === 200)
})

it('says that nothing was accepted once MongoDB is known to be out of reach', async () => {
  proxy.cut()

  const refused = await until(async () => {
    const answer = await api<Refusal>('POST', '/v1/events', transaction())
    return answer.body.detail.includes('Nothing was accepted') ? answer : undefined
  })

  expect(refused.status).toBe(503)
  expect(refused.body.eventId).toMatch(/^evt_/)
})

it('names the ids of a batch in order, those of wrong events left out', async () => {
  const events = [{ id: 'mine', ...transaction() }, { type: 1, data: {} }, transaction()]
  proxy.freeze()

  const refused = await api<Refusal>('POST', '/v1/events/batch', { events })

  expect(refused.status).toBe(503)
  expect(refused.body.eventIds).toEqual(['mine', null, expect.stringMatching(/^evt_/)])
  expect(refused.body.detail).toContain('not known whether any event was accepted')
})
