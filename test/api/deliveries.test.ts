import type { Delivery, DeliveryStatus } from '../../src/domain/delivery'
import { deliveryId } from '../../src/domain/ids'
import type { Outcome } from '../../src/domain/outcome'
import { createDeliveryStore } from '../../src/store/deliveries'
import { createOutcomeStore } from '../../src/store/outcomes'
import { signedIn } from './browser'
import { startApi, type TestApi } from './start-api'
import { testVaults } from '../support/vaults'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const DAY = Date.parse('2026-03-01T00:00:00Z')

function delivery(n: number, changes: Partial<Delivery> = {}): Delivery {
  const createdAt = new Date(DAY + n * 60_000)
  const { tenantId = 'default', eventId = `e-${n}`, webhookId = `whk_${n % 3}` } = changes
  return {
    id: deliveryId(tenantId, eventId, createdAt, webhookId),
    tenantId,
    eventId,
    webhookId,
    typeId: (n % 2) + 1,
    entityId: `acc-${n}`,
    status: 'pending',
    round: 0,
    posts: 0,
    postsBeforeRound: 0,
    intents: [],
    workflowId: `event/${tenantId}/${eventId}`,
    createdAt,
    updatedAt: createdAt,
    ...changes,
  }
}

const insert = (deliveries: Delivery[]) => createDeliveryStore(api.store.models).insert(deliveries)

const parked = { status: 'parked' as const, parkedAt: new Date(DAY), parkedReason: 'attempts exhausted' as const }

const last = { at: new Date(DAY), attempt: 1 }
const outcomes: Delivery['lastOutcome'][] = [
  { ...last, kind: 'failed', reason: 'timeout', detail: 'No answer' },
  { ...last, kind: 'failed', reason: 'status', status: 500, detail: 'Answered 500' },
  { ...last, kind: 'blocked', detail: 'Not public' },
]

describe('the list', () => {
  const all = Array.from({ length: 60 }, (_, n) => {
    const expiring = n % 20 === 0 ? { expiryNoticedAt: new Date(DAY) } : {}
    return delivery(n, n % 5 === 0 ? { ...parked, ...expiring, tenantId: 'lists', lastOutcome: outcomes[(n / 5) % 3] } : { tenantId: 'lists' })
  })
  const newest = all.toReversed()
  const ids = async (query: string): Promise<string[]> => {
    const client = await api.withScopes(['read'], 'lists')
    const { status, body } = await client('GET', `/v1/deliveries${query}`)
    expect(status).toBe(200)
    return body.data.map((one: { id: string }) => one.id)
  }
  const expected = (filter: (one: Delivery) => boolean) => newest.filter(filter).map(({ id }) => id)

  beforeAll(async () => {
    await api.admin('POST', '/v1/tenants', { id: 'lists' })
    await insert([...all, delivery(7, { tenantId: 'default' })])
  })

  test.each<[string, (one: Delivery) => boolean]>([
    ['?limit=200', () => true],
    ['?status=parked', ({ status }) => status === 'parked'],
    ['?webhookId=whk_1', ({ webhookId }) => webhookId === 'whk_1'],
    ['?webhookId=whk_1&status=parked', ({ webhookId, status }) => webhookId === 'whk_1' && status === 'parked'],
    ['?eventId=e-33', ({ eventId }) => eventId === 'e-33'],
    ['?type=UPDATE%20ACCOUNT', ({ typeId }) => typeId === 2],
    ['?type=2&status=parked', ({ typeId, status }) => typeId === 2 && status === 'parked'],
    ['?failureReason=timeout', ({ lastOutcome }) => lastOutcome?.reason === 'timeout'],
    ['?failureReason=blocked&status=parked', ({ lastOutcome }) => lastOutcome?.kind === 'blocked'],
    ['?failureReason=status&webhookId=whk_2', ({ lastOutcome, webhookId }) => lastOutcome?.reason === 'status' && webhookId === 'whk_2'],
    ['?failureReason=dns', () => false],
    ['?expiring=true', ({ expiryNoticedAt }) => expiryNoticedAt !== undefined],
    ['?from=2026-03-01T00:10:00Z&to=2026-03-01T01:15:00%2B01:00', (one) => +one.createdAt >= DAY + 600_000 && +one.createdAt < DAY + 900_000],
    ['?status=cancelled', () => false],
  ])('is filtered by %s', async (query, filter) => {
    expect(await ids(query)).toEqual(expected(filter))
  })

  test('has pages that join without a gap', async () => {
    const client = await api.withScopes(['read'], 'lists')
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body } = await client('GET', `/v1/deliveries?limit=25${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...body.data.map((one: { id: string }) => one.id))
      cursor = body.nextCursor
    } while (cursor)
    expect(seen).toEqual(expected(() => true))
    expect((await client('GET', '/v1/deliveries')).body.data).toHaveLength(50)
  })

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=201', 'limit'],
    ['?limit=1&limit=2', 'limit'],
    ['?status=lost', 'status'],
    ['?from=yesterday', 'from'],
    ['?type=NONE', 'type'],
    ['?failureReason=luck', 'failureReason'],
    ['?colour=red', 'colour'],
    ['?cursor=%00', 'cursor'],
    ['?expiring=true&status=held', 'expiring'],
  ])('refuses %s', async (query, path) => {
    const { status, body } = await api.admin('GET', `/v1/deliveries${query}`)
    expect(status).toBe(400)
    expect(body.errors[0].path).toBe(path)
  })

  test('that are queued are no status: the answer says what is', async () => {
    const { body } = await api.admin('GET', '/v1/deliveries?status=queued')
    expect(body.detail).toMatch(/^status must be one of pending, retrying, .*; what waits in the queue of its webhook is pending or retrying, and says queued/)
  })

  test.each([
    [{}],
    [{ status: 'parked' }],
    [{ webhookId: 'whk_1' }],
    [{ webhookId: 'whk_1', status: 'parked' }],
    [{ typeId: 2 }],
    [{ typeId: 2, status: 'parked' }],
    [{ status: 'parked', expiryNoticedAt: { $exists: true } }],
    [{ _id: { $gte: 'dlv_0' } }],
    [{ _id: { $gte: 'dlv_0' }, webhookId: 'whk_1', status: 'parked' }],
  ])('costs no more than its page: %j', async (filter: object) => {
    const everyStatus = { status: { $in: ['pending', 'retrying', 'delivered', 'parked', 'held', 'cancelled', 'expired'] } }
    const query: object = { tenantId: 'lists', ...everyStatus, ...filter }
    const plan = await api.store.models.deliveries.find(query).sort({ _id: -1 }).limit(2).explain('executionStats')
    const { executionStats, queryPlanner }: Explained = JSON.parse(JSON.stringify(plan))
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(2)
    const stages = [...JSON.stringify(queryPlanner.winningPlan).matchAll(/"stage":"(\w+)"/g)].map(([, stage]) => stage)
    expect(stages).toContain('IXSCAN')
    expect(stages).not.toContain('SORT')
  })
})

interface Explained {
  executionStats: { totalDocsExamined: number }
  queryPlanner: { winningPlan: object }
}

describe('a delivery', () => {
  const exchange = (startedAt: Date, outcome: Outcome) => ({
    startedAt,
    durationMs: 12.5,
    request: { url: 'https://example.com/', headers: { authorization: '***' } },
    response: { status: 500, headers: { a: 'b' }, body: 'no', truncated: false },
    outcome,
  })

  test('shows every attempt, also one whose outcome never came', async () => {
    const intents = [0, 2_000, 6_000].map((ms) => new Date(DAY + ms))
    const one = delivery(100, { status: 'retrying', posts: 3, intents })
    await insert([one])
    const failed: Outcome = { kind: 'failed', reason: 'status', detail: 'answered 500', status: 500, retryAfterMs: 90_000 }
    await createOutcomeStore(api.store.models, testVaults(api.store.models)).record([
      { tenantId: 'default', deliveryId: one.id, number: 1, exchange: exchange(new Date(DAY), failed) },
      { tenantId: 'default', deliveryId: one.id, number: 3, exchange: exchange(new Date(DAY + 6_000), failed) },
    ])
    const { body } = await api.admin('GET', `/v1/deliveries/${one.id}`)
    expect(body).toMatchObject({
      attemptCount: 3,
      type: 'CREATE ACCOUNT',
      typeId: 1,
      workflowId: 'event/default/e-100',
      workflowUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/event%2Fdefault%2Fe-100',
      lastOutcome: { kind: 'failed', attempt: 3, status: 500 },
    })
    expect(body.attempts).toEqual([
      {
        number: 1,
        startedAt: '2026-03-01T00:00:00.000Z',
        durationMs: 12.5,
        outcome: 'failed',
        request: { url: 'https://example.com/', headers: { authorization: '***' } },
        response: { status: 500, headers: { a: 'b' }, body: 'no', truncated: false },
        error: { reason: 'status', detail: 'answered 500', retryAfter: '90s' },
      },
      { number: 2, startedAt: '2026-03-01T00:00:02.000Z', outcome: 'unknown' },
      expect.objectContaining({ number: 3, outcome: 'failed' }),
    ])
  })

  test.each<[DeliveryStatus, number, string]>([
    ['retrying', 1_000, 'in flight'],
    ['retrying', 61_000, 'unknown'],
    ['parked', 1_000, 'unknown'],
  ])('that is %s shows a POST begun %i ms ago as %s', async (status, ageMs, outcome) => {
    const intents = [new Date(Date.now() - ageMs)]
    const one = delivery(200, { eventId: `flight-${status}-${ageMs}`, status, posts: 1, intents })
    await insert([one])
    const { body } = await api.admin('GET', `/v1/deliveries/${one.id}`)
    expect(body.attempts).toMatchObject([{ number: 1, outcome }])
  })

  test('is retried when it is parked, once for many clicks', async () => {
    const one = delivery(300, parked)
    await insert([one])
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.admin('POST', `/v1/deliveries/${one.id}/retry`)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409, 409, 409])
    expect(answers.find(({ status }) => status === 202)?.body).toEqual({ id: one.id, status: 'retrying', round: 1 })
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ status: 409, currentStatus: 'retrying' })
    expect((await api.admin('GET', `/v1/deliveries/${one.id}`)).body.steered).toEqual([{ action: 'retry', at: expect.any(String), afterAttempt: one.posts, by: { kind: 'key', id: 'admin' } }])
  })

  test('is cancelled when it is parked or held', async () => {
    const [first, second, third] = [delivery(400, parked), delivery(401, { status: 'held' }), delivery(402, { status: 'delivered' })]
    await insert([first, second, third])
    const ann = await signedIn(api, 'ann@bank.example', { role: 'operator' })
    const { body: key } = await api.admin('POST', '/v1/api-keys', { name: 'Account service', scopes: ['retry'] })
    const cancel = (id: string, by = api.admin) => by('POST', `/v1/deliveries/${id}/cancel`)
    expect((await cancel(first.id, ann.call)).body).toEqual({ id: first.id, status: 'cancelled' })
    expect((await cancel(second.id, api.as(`Bearer ${key.key}`))).status).toBe(202)
    expect((await cancel(third.id)).body).toMatchObject({ currentStatus: 'delivered' })
    const steeredOf = async (id: string) => (await api.admin('GET', `/v1/deliveries/${id}`)).body.steered
    const deed = { action: 'cancel', at: expect.any(String), afterAttempt: expect.any(Number) }
    expect([await steeredOf(first.id), await steeredOf(second.id), await steeredOf(third.id)]).toEqual([[{ ...deed, by: { kind: 'user', id: ann.id, name: 'ann@bank.example' } }], [{ ...deed, by: { kind: 'key', id: key.id, name: 'Account service' } }], undefined])
  })

  test('of another tenant is not there', async () => {
    const one = delivery(500, { ...parked, tenantId: 'somebody-else' })
    await insert([one])
    for (const [method, path] of [['GET', ''], ['POST', '/retry'], ['POST', '/cancel']] as const) {
      expect((await api.admin(method, `/v1/deliveries/${one.id}${path}`)).status).toBe(404)
    }
    expect((await api.store.models.deliveries.findById(one.id).lean())?.status).toBe('parked')
  })
})
