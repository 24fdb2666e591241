import type { Delivery } from '../../src/domain/delivery'
import { newDelivery } from '../support/new-delivery'
import { until } from '../support/until'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.admin('POST', '/v1/tenants', { id: 'live', name: 'Live' })
  await api.admin('POST', '/v1/tenants', { id: 'other', name: 'Other' })
})
afterAll(() => api.stop())
afterEach(() => api.store.models.hot.deliveries.deleteMany({}))

interface Message {
  event: string
  // Tests read what they expect to be there.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
}

interface Stream {
  messages: Message[]
  isOver: () => boolean
  heartbeats: () => number
  stop: () => void
}

async function follow(query = '', headers: Record<string, string> = {}): Promise<Stream> {
  const stopping = new AbortController()
  const response = await fetch(`${api.url}/v1/deliveries/live?${query}`, {
    headers: { authorization: 'Bearer admin-key-of-a-test', 'herald-tenant': 'live', ...headers },
    signal: stopping.signal,
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const stream: { messages: Message[]; over: boolean; beats: number } = { messages: [], over: false, beats: 0 }
  const read = async (): Promise<void> => {
    let rest = ''
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const all: string[] = `${rest}${piece}`.split('\n\n')
      rest = all.pop() ?? ''
      for (const part of all) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? []
        if (event !== undefined && data !== undefined) stream.messages.push({ event, data: JSON.parse(data) })
        else if (part.startsWith(':')) stream.beats += 1
      }
    }
  }
  void read().catch(() => undefined).finally(() => (stream.over = true))
  await until(() => stream.messages[0]?.event === 'list')
  return { messages: stream.messages, isOver: () => stream.over, heartbeats: () => stream.beats, stop: () => stopping.abort() }
}

let made = 0
const insert = async (given: Partial<Delivery> = {}): Promise<string> => {
  const { id, ...rest } = newDelivery({ id: `dlv_${String(++made).padStart(26, '0')}`, tenantId: 'live', ...given })
  await api.store.models.hot.deliveries.insertOne({ _id: id, ...rest })
  return id
}
const change = (id: string, fields: Partial<Delivery>) => api.store.models.hot.deliveries.updateOne({ _id: id }, { $set: fields })
const idsOf = ({ messages }: Stream, event: string): string[] => messages.filter((message) => message.event === event).map(({ data }) => data.id)

test('shows what is there, then what comes and what changes, of the tenant alone', async () => {
  const before = await insert()
  const stream = await follow()
  expect(stream.messages[0]?.data.data).toMatchObject([{ id: before, status: 'pending' }])
  await insert({ tenantId: 'other' })
  const after = await insert()
  await until(() => idsOf(stream, 'delivery').includes(after))
  await change(before, { status: 'delivered' })
  await until(() => stream.messages.at(-1)?.data.status === 'delivered')
  expect(stream.messages.at(-1)).toMatchObject({ event: 'delivery', data: { id: before, type: 'TRANSACTION SUCCESSFUL' } })
  expect(new Set(idsOf(stream, 'delivery'))).toEqual(new Set([before, after]))
  stream.stop()
})

test('heeds the filters of the list, and says what does not match any more', async () => {
  const parked = await insert({ status: 'parked', webhookId: 'whk_9' })
  const stream = await follow('status=parked&webhookId=whk_9')
  const other = await insert({ status: 'parked', webhookId: 'whk_8' })
  const later = await insert({ status: 'retrying', webhookId: 'whk_9' })
  await change(later, { status: 'parked' })
  await until(() => idsOf(stream, 'delivery').includes(later))
  await change(parked, { status: 'retrying' })
  await until(() => idsOf(stream, 'left').includes(parked))
  expect(idsOf(stream, 'delivery')).not.toContain(other)
  stream.stop()
})

test('sends the list again when more has changed than anybody reads', async () => {
  const stream = await follow('limit=5')
  const many = Array.from({ length: 400 }, () => {
    const { id, ...rest } = newDelivery({ id: `dlv_${String(++made).padStart(26, '0')}`, tenantId: 'live' })
    return { _id: id, ...rest }
  })
  await api.store.models.hot.deliveries.insertMany(many)
  await until(() => stream.messages.filter(({ event }) => event === 'list').length >= 2)
  expect(stream.messages.findLast(({ event }) => event === 'list')?.data.data).toHaveLength(5)
  expect(stream.messages.length).toBeLessThan(300)
  stream.stop()
})

test('lives while nothing happens, and ends when the key is revoked', async () => {
  const { body } = await api.admin('POST', '/v1/api-keys', { name: 'of a reader', scopes: ['read'] }, { 'herald-tenant': 'live' })
  const stream = await follow('', { authorization: `Bearer ${body.key}` })
  await until(() => stream.heartbeats() > 0, { timeoutMs: 15_000 })
  await api.admin('DELETE', `/v1/api-keys/${body.id}`, undefined, { 'herald-tenant': 'live' })
  await until(() => stream.isOver(), { timeoutMs: 15_000 })
  expect(stream.messages.at(-1)?.event).toBe('end')
}, 40_000)

test('is for so many readers of a tenant, and free again when they go', async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, () => follow()))
  const refused = await api.admin('GET', '/v1/deliveries/live', undefined, { 'herald-tenant': 'live' })
  expect(refused).toMatchObject({ status: 429, body: { type: 'urn:herald:problem:too-many-streams' } })
  streams.forEach((stream) => stream.stop())
  const again = await until(async () => follow().catch(() => undefined))
  again.stop()
})

test('says what is wrong with a filter', async () => {
  const { status, body } = await api.admin('GET', '/v1/deliveries/live?status=lost')
  expect(status).toBe(400)
  expect(body.errors[0].path).toBe('status')
})
