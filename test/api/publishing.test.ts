import { MAX_EVENT_BYTES } from '../../src/domain/event'
import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const account = { id: 'acc-1', accountType: 'Savings' }

test('accepts an event by the name of its type or by its Event ID', async () => {
  const byName = await api.admin('POST', '/v1/events', { type: 'CREATE ACCOUNT', data: account })
  expect(byName.status).toBe(202)
  expect(byName.body).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    type: 'CREATE ACCOUNT',
    typeId: 1,
    createdAt: expect.any(String),
    workflowId: `event/default/${byName.body.id}`,
  })
  const byId = await api.admin('POST', '/v1/events', { type: 3, data: { id: 'c-1', customerType: 'Group' } })
  expect(byId.body).toMatchObject({ type: 'CREATE CUSTOMER', typeId: 3 })
})

test('keeps the bytes of data', async () => {
  const data = '{"b" : 1.10,"id":"acc-\\u00e9",\n "accountType":"Current", "n":12345678901234567890,"a":1e400,"é":"\\/"}'
  const sent = `{"type":2, "data": ${data} ,"id":"verbatim"}`
  expect((await api.admin('POST', '/v1/events', sent)).status).toBe(202)
  const { text, body } = await api.admin('GET', '/v1/events/verbatim')
  expect(text).toContain(`"data":${data}}`)
  expect(body.entityId).toBe('acc-é')
})

test('answers the same again for the same id, and refuses it with another body', async () => {
  const first = await api.admin('POST', '/v1/events', { id: 'twice', type: 1, data: account })
  const again = await api.admin('POST', '/v1/events', { id: 'twice', type: 'CREATE ACCOUNT', data: account })
  expect(again.status).toBe(200)
  expect(first.body.workflowId).toBeDefined()
  expect(again.body).toEqual(first.body)
  const other = await api.admin('POST', '/v1/events', { id: 'twice', type: 1, data: { ...account, balance: '2' } })
  expect(other.status).toBe(409)
  expect(other.body).toMatchObject({ eventId: 'twice', detail: expect.stringContaining('new id') })
})

test('takes the Idempotency-Key as the id when none is given', async () => {
  const key = { 'idempotency-key': 'from-the-header' }
  const publish = (body: object, headers = key) => api.admin('POST', '/v1/events', { type: 1, data: account, ...body }, headers)
  expect((await publish({})).body.id).toBe('from-the-header')
  expect((await publish({})).status).toBe(200)
  expect((await publish({ id: 'own-id' })).body.id).toBe('own-id')
  const refused = await publish({}, { 'idempotency-key': 'has spaces' })
  expect(refused.status).toBe(400)
  expect(refused.body.errors).toEqual([{ path: 'Idempotency-Key', message: expect.stringContaining('1 to 64 characters') }])
})

test.each([
  [{ data: account }, 'type', 'is required'],
  [{ type: true, data: account }, 'type', 'must be the name of an event type or its Event ID, such as "CREATE ACCOUNT" or 1'],
  [{ type: 'NO SUCH', data: account }, 'type', expect.stringMatching(/known: CREATE ACCOUNT \(1\), .*REVERSED \(6\)/)],
  [{ type: 99, data: account }, 'type', expect.stringContaining('is not a known event type')],
  [{ type: 1 }, 'data', 'is required'],
  [{ type: 1, data: null }, 'data', 'must be a JSON object'],
  [{ type: 1, data: [] }, 'data', 'must be a JSON object'],
  [{ type: 1, data: { accountType: 'Savings' } }, 'data.id', expect.stringContaining('ID of the entity')],
  [{ type: 1, data: { id: 'a' } }, 'data.accountType', 'is required'],
  [{ type: 1, data: { id: 'a', accountType: 'Gold' } }, 'data.accountType', 'must be one of Savings, Current'],
  [{ type: 2, data: { ...account, currency: 'XYZ' } }, 'data.currency', expect.stringContaining('ISO 4217')],
  [{ type: 5, data: { id: 't', amount: 1.1 } }, 'data.amount', expect.stringContaining('"1.10"')],
  [{ type: 3, data: { id: 'c', customerType: 'Group', email: 'x' } }, 'data.email', 'must be an e-mail address'],
  [{ type: 1, data: account, id: 'has/slash' }, 'id', expect.stringContaining('1 to 64 characters')],
  [{ type: 1, data: account, priority: 0 }, 'priority', 'must be a whole number from 1 (most urgent) to 5'],
  [{ type: 1, data: account, priority: 6 }, 'priority', 'must be a whole number from 1 (most urgent) to 5'],
  [{ type: 1, data: account, priority: 2.5 }, 'priority', 'must be a whole number from 1 (most urgent) to 5'],
  [{ type: 1, data: account, priority: 'high' }, 'priority', 'must be a whole number from 1 (most urgent) to 5'],
  [{ type: 1, data: account, deliver: 'later' }, 'deliver', 'is not known here; known: id, type, data, deliverAt, expireAt, priority, orderingKey'],
])('says which field is wrong: %j', async (event, path, message) => {
  const { status, body, headers } = await api.admin('POST', '/v1/events', event)
  expect(status).toBe(400)
  expect(headers.get('content-type')).toMatch('application/problem+json')
  expect(body.errors).toEqual([{ path, message }])
})

test.each([
  ['{"type":1,"data":{}', 'close brace expected at line 1, column 20'],
  ['{\n  "type": 1,}', /at line 2, column/],
  ['', 'The body is empty'],
  ['[]', 'must be a JSON object'],
  [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'not UTF-8'],
  ['{"type":1,"data":{"id":"a","accountType":"Savings"},"data":{}}', 'data stands twice'],
])('refuses a body that is no event: %s', async (body, detail) => {
  const answer = await api.admin('POST', '/v1/events', body)
  expect(answer.status).toBe(400)
  expect(answer.body.detail).toMatch(detail)
})

test('refuses other content types and compressed bodies', async () => {
  const send = (headers: Record<string, string>) => api.admin('POST', '/v1/events', '{}', headers)
  expect((await send({ 'content-type': 'text/plain' })).status).toBe(415)
  expect((await send({ 'content-encoding': 'gzip' })).status).toBe(415)
})

test('takes data of 256 KiB and not a byte more', async () => {
  const around = JSON.stringify({ ...account, pad: '' }).length
  const event = (bytes: number) => ({ type: 1, data: { ...account, pad: 'x'.repeat(bytes - around) } })
  expect((await api.admin('POST', '/v1/events', event(MAX_EVENT_BYTES))).status).toBe(202)
  expect((await api.admin('POST', '/v1/events', event(MAX_EVENT_BYTES + 1))).status).toBe(413)
  expect((await api.admin('POST', '/v1/events', event(2 * MAX_EVENT_BYTES))).status).toBe(413)
})

describe('a batch', () => {
  test('answers one result an event, in order, each with its own data', async () => {
    const events = [
      '{"id":"b-1","type":1,"data":{"id":"a","accountType":"Savings","n":1.10}}',
      '{"id":"b-2","type":1,"data":{}}',
      '7',
      '{"id":"b-1","type":1,"data":{"id":"a","accountType":"Savings","n":1.10}}',
      '{"id":"b-1","type":1,"data":{"id":"a","accountType":"Savings","n":1.1}}',
      '{"type":5,"data":{"id":"t","n":20000000000000000001} , "id" : "b-3"}',
    ]
    const { status, body } = await api.admin('POST', '/v1/events/batch', `{"events": [${events.join(' , ')}]}`)
    expect(status).toBe(200)
    expect(body.data.map((entry: { status: number }) => entry.status)).toEqual([202, 400, 400, 200, 409, 202])
    expect(body.data[1].errors[0].path).toBe('data.id')
    expect((await api.admin('GET', '/v1/events/b-1')).text).toContain('"n":1.10}')
    expect((await api.admin('GET', '/v1/events/b-3')).text).toContain('"data":{"id":"t","n":20000000000000000001}')
  })

  test('has 1 to 1,000 events', async () => {
    const send = (count: number) =>
      api.admin('POST', '/v1/events/batch', { events: Array.from({ length: count }, () => ({ type: 1, data: account })) })
    expect((await send(0)).status).toBe(400)
    const full = await send(1_000)
    expect(new Set(full.body.data.map((entry: { id: string }) => entry.id)).size).toBe(1_000)
    const over = await send(1_001)
    expect(over.body.errors).toEqual([{ path: 'events', message: 'must have at most 1,000 entries' }])
  })

  test('refuses an Idempotency-Key, which is for one event', async () => {
    const { status } = await api.admin('POST', '/v1/events/batch', { events: [{}] }, { 'idempotency-key': 'k' })
    expect(status).toBe(400)
  })
})

test('publishing an id a hundred times at once makes one event', async () => {
  const publish = () => api.admin('POST', '/v1/events', { id: 'at-once', type: 1, data: account })
  const answers = await Promise.all(Array.from({ length: 100 }, publish))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 202)).toHaveLength(1)
  expect(statuses.filter((status) => status === 200)).toHaveLength(99)
})
