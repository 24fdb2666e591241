import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const HOUR = 3_600_000
const START = Date.parse('2026-02-01T00:00:00Z')

/** Two events in each millisecond, so that a page may end between them. */
const events = Array.from({ length: 31 }, (_, n) => ({
  _id: `default/e-${String(n).padStart(2, '0')}`,
  eventId: `e-${String(n).padStart(2, '0')}`,
  tenantId: 'default',
  typeId: n % 2 === 0 ? 1 : 5,
  type: n % 2 === 0 ? 'CREATE ACCOUNT' : 'TRANSACTION SUCCESSFUL',
  createdAt: new Date(START + Math.floor(n / 2) * HOUR),
  data: `{"id":"x-${n % 3}","n":1.${n}0}`,
  entityId: `x-${n % 3}`,
  hash: 'h',
  starter: 's',
}))
const newest = events.toReversed()

beforeAll(async () => {
  await api.store.models.events.insertMany([...events, { ...events[0], _id: 'other/e-00', tenantId: 'other' }])
})

type Listed = (typeof events)[number]

test.each<[string, (event: Listed) => boolean]>([
  ['', () => true],
  ['?type=5', ({ typeId }) => typeId === 5],
  ['?type=CREATE+ACCOUNT', ({ typeId }) => typeId === 1],
  ['?entityId=x-2', ({ entityId }) => entityId === 'x-2'],
  ['?entityId=x-2&type=1', ({ entityId, typeId }) => entityId === 'x-2' && typeId === 1],
  ['?from=2026-02-01T03:00:00Z&to=2026-02-01T05:00:00Z', ({ createdAt }) => +createdAt >= START + 3 * HOUR && +createdAt < START + 5 * HOUR],
  ['?from=2026-02-02', () => false],
])('lists events by %s', async (query, filter) => {
  const { body } = await api.admin('GET', `/v1/events${query}`)
  expect(body.data.map((event: { id: string }) => event.id)).toEqual(newest.filter(filter).map(({ eventId }) => eventId))
})

test('lists events without their data', async () => {
  const { body } = await api.admin('GET', '/v1/events?limit=1')
  expect(body.data).toEqual([
    { id: 'e-30', type: 'CREATE ACCOUNT', typeId: 1, entityId: 'x-0', createdAt: '2026-02-01T15:00:00.000Z', priority: 3, orderingKey: 'x-0' },
  ])
})

test.each([1, 3, 7])('has pages of %i that join without a gap', async (limit) => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await api.admin('GET', `/v1/events?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...body.data.map((event: { id: string }) => event.id))
    cursor = body.nextCursor
  } while (cursor)
  expect(seen).toEqual(newest.map(({ eventId }) => eventId))
})

test('refuses a cursor of another list', async () => {
  const { body } = await api.admin('GET', '/v1/events?cursor=ZGx2XzAx')
  expect(body.errors).toEqual([{ path: 'cursor', message: 'must be the nextCursor of the page before' }])
})

test.each([[{}], [{ typeId: 5 }], [{ entityId: 'x-1' }]])('costs no more than its page: %j', async (filter) => {
  const query = { tenantId: 'default', ...filter, createdAt: { $lte: new Date() } }
  const plan = await api.store.models.events.find(query).sort({ createdAt: -1, _id: -1 }).limit(2).explain('executionStats')
  const { executionStats }: { executionStats: { totalDocsExamined: number } } = JSON.parse(JSON.stringify(plan))
  expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(2)
})

test('shows an event with its data as it was and its deliveries', async () => {
  const createdAt = new Date(START)
  await api.store.models.deliveries.create({
    _id: 'dlv_1',
    tenantId: 'default',
    eventId: 'e-07',
    webhookId: 'whk_1',
    typeId: 5,
    entityId: 'x-1',
    status: 'parked',
    round: 1,
    posts: 10,
    postsBeforeRound: 5,
    intents: [],
    workflowId: 'event/default/e-07',
    createdAt,
    updatedAt: createdAt,
  })
  await api.store.models.events.updateOne({ _id: 'default/e-07' }, { $set: { workflowId: 'event/default/e-07' } })
  const { text, body } = await api.admin('GET', '/v1/events/e-07')
  expect(text).toMatch(/"data":\{"id":"x-1","n":1\.70\}\}$/)
  expect(body).toMatchObject({
    id: 'e-07',
    workflowUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/event%2Fdefault%2Fe-07',
    deliveries: [{ id: 'dlv_1', webhookId: 'whk_1', status: 'parked', round: 1, attemptCount: 10 }],
  })
})
