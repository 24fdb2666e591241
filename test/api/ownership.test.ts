import pino from 'pino'
import { createSealer } from '../../src/delivery/seal'
import { BUILT_IN_EVENT_TYPES } from '../../src/domain/event-types'
import { createEventCatalog, type EventCatalog } from '../../src/publish/event-catalog'
import { createWebhookStore, type WebhookStore } from '../../src/store/webhooks'
import { startReceiver, type Receiver } from '../support/receiver'
import { startApi, type TestApi } from './start-api'

let api: TestApi
let webhooks: WebhookStore
let receiver: Receiver
/** Done once, after a change has read the webhook and before it writes. */
let meanwhile: (() => Promise<unknown>) | undefined

const known = createEventCatalog({ list: async () => [] })
const catalog: EventCatalog = {
  ...known,
  find: async (type) => {
    const now = meanwhile
    meanwhile = undefined
    await now?.()
    return known.find(type)
  },
}

beforeAll(async () => {
  api = await startApi({ catalog })
  webhooks = createWebhookStore(api.store.models, createSealer(Buffer.alloc(32, 7)), pino({ enabled: false }))
  receiver = await startReceiver()
  await api.admin('PATCH', '/v1/tenants/default', { ownershipCheck: true })
})
afterAll(async () => {
  await receiver.close()
  await api.stop()
})

const TYPES = [BUILT_IN_EVENT_TYPES[0]?.id ?? 1]
const URL_A = 'http://127.0.0.1:8099/a'

/** Pending: the receiver answers 200, and does not repeat the challenge. */
async function pending(): Promise<string> {
  const { body } = await api.admin('POST', '/v1/webhooks', { url: receiver.url, eventTypes: TYPES })
  expect(body).toMatchObject({ status: 'paused', verification: { failure: expect.any(String) } })
  return body.id
}
const proven = async (id: string) => webhooks.verified({ tenantId: 'default', id, url: receiver.url })
const look = async (id: string) => (await api.admin('GET', `/v1/webhooks/${id}`)).body

test('a webhook whose endpoint has to prove something is not resumed, also by who has read it before', async () => {
  const id = await pending()
  expect(await webhooks.setStatus('default', id, ['paused'], 'active')).toBe(false)
  expect(await look(id)).toMatchObject({ status: 'paused' })
  await proven(id)
  expect(await webhooks.setStatus('default', id, ['active'], 'paused')).toBe(true)
  expect(await webhooks.setStatus('default', id, ['paused'], 'active')).toBe(true)
})

test('a URL that stays is not written, so that none comes back unproven which was changed meanwhile', async () => {
  const id = await pending()
  await proven(id)
  meanwhile = () => api.admin('PATCH', `/v1/webhooks/${id}`, { url: URL_A })
  await api.admin('PATCH', `/v1/webhooks/${id}`, { url: receiver.url, eventTypes: TYPES })
  expect(await look(id)).toMatchObject({ url: URL_A, status: 'paused' })

  meanwhile = () => api.admin('PATCH', `/v1/webhooks/${id}`, { url: `${URL_A}/2` })
  const { status, body } = await api.admin('PATCH', `/v1/webhooks/${id}`, { url: receiver.url, eventTypes: TYPES })
  expect([status, body.detail]).toEqual([409, expect.stringContaining('URL')])
  expect((await look(id)).url).toBe(`${URL_A}/2`)
})

test('one that a person pauses before its endpoint has proven anything stays paused afterwards', async () => {
  const id = await pending()
  expect((await api.admin('POST', `/v1/webhooks/${id}/pause`)).status).toBe(200)
  await proven(id)
  const { status, verification } = await look(id)
  expect([status, verification]).toEqual(['paused', undefined])
  expect((await api.admin('POST', `/v1/webhooks/${id}/resume`)).status).toBe(200)
})
