import { startApi, type TestApi } from './start-api'

let api: TestApi
beforeAll(async () => (api = await startApi()))
afterAll(() => api.stop())

const webhook = { url: 'https://example.com/hook', eventTypes: [1, 5] }
const filter = { and: [{ path: 'currency', eq: 'EUR' }, { not: { path: 'amount', lt: '100.00' } }] }

describe('a filter of a webhook', () => {
  test('is kept as it was given, changed by a patch that names it, and removed by null', async () => {
    const { status, body } = await api.admin('POST', '/v1/webhooks', { ...webhook, filter })
    expect(status).toBe(201)
    expect(body.filter).toEqual(filter)
    const path = `/v1/webhooks/${body.id}`
    expect((await api.admin('GET', path)).body.filter).toEqual(filter)
    expect((await api.admin('PATCH', path, { description: 'x' })).body.filter).toEqual(filter)

    const other = { path: 'lines.0.amount', in: [1, 0.1, true, null, 'é'], exists: true }
    expect((await api.admin('PATCH', path, { filter: other })).body.filter).toEqual(other)
    expect((await api.admin('GET', '/v1/webhooks?limit=1')).body.data[0].filter).toEqual(other)

    expect((await api.admin('PATCH', path, { filter: null })).body).not.toHaveProperty('filter')
    expect((await api.admin('GET', path)).body).not.toHaveProperty('filter')
    expect(await api.store.models.webhooks.findById(body.id).lean()).not.toHaveProperty('filter')
  })

  test('is refused with the place in it that is wrong, when made and when changed', async () => {
    const wrong = { and: [{ path: 'currency', eq: 'EUR' }, { path: 'amount', gt: '1,000' }] }
    const { body } = await api.admin('POST', '/v1/webhooks', webhook)
    for (const answer of [
      await api.admin('POST', '/v1/webhooks', { ...webhook, filter: wrong }),
      await api.admin('PATCH', `/v1/webhooks/${body.id}`, { filter: wrong }),
      await api.admin('POST', '/v1/webhooks/filter-test', { eventTypes: [1], filter: wrong }),
    ]) {
      expect(answer.status).toBe(400)
      expect(answer.body.errors).toEqual([{ path: 'filter.and[1].gt', message: 'must be a number, or a decimal in a string, such as "250.00"' }])
    }
  })

  test.each([
    [60, { errors: [{ path: 'filter.not.not.not.not.not', message: 'is nested too deep; at most 5 levels' }] }],
    [20_000, { detail: 'The body nests deeper than 64 levels.' }],
  ])('is refused when it is nested %i deep', async (depth, told) => {
    const deep = `${'{"not":'.repeat(depth)}1${'}'.repeat(depth)}`
    const { status, body } = await api.admin('POST', '/v1/webhooks', `{"url":"https://example.com/","eventTypes":[1],"filter":${deep}}`)
    expect(status).toBe(400)
    expect(body).toMatchObject(told)
  })
})

describe('the dry run of a filter', () => {
  const START = Date.parse('2026-02-01T00:00:00Z')
  const COUNT = 1_002

  /** Every event of the bank a second after the one before; each third is worth 100 or more. */
  const events = Array.from({ length: COUNT }, (_, n) => ({
    ...eventOf(`e-${n}`, n),
    data: `{"id":"x-${n}","amount":"${n % 3 === 0 ? '100.00' : '99.99'}"}`,
  }))

  function eventOf(id: string, n: number, tenantId = 'default') {
    const typeId = n % 2 === 0 ? 5 : 6
    const type = typeId === 5 ? 'TRANSACTION SUCCESSFUL' : 'TRANSACTION REVERSED'
    const createdAt = new Date(START + n * 1_000)
    return { _id: `${tenantId}/${id}`, eventId: id, tenantId, typeId, type, createdAt, entityId: `x-${n}`, hash: 'h', starter: 's' }
  }

  beforeAll(async () => {
    await api.store.models.events.insertMany(events)
    await api.admin('POST', '/v1/tenants', { id: 'large' })
  })

  const atLeast100 = { path: 'amount', gte: 100 }
  const run = async (body: object, tenantId = 'default') =>
    api.admin('POST', '/v1/webhooks/filter-test', { eventTypes: [5, 6], filter: atLeast100, ...body }, { 'herald-tenant': tenantId })
  const idsOf = (sample: { id: string }[]): string[] => sample.map(({ id }) => id)

  test('looks at the newest thousand events, counts them, and shows the newest of both kinds', async () => {
    const { status, body } = await run({})
    expect(status).toBe(200)
    expect(body).toMatchObject({ lookedAt: 1_000, matched: 333, complete: false })
    expect(idsOf(body.matching)).toEqual(Array.from({ length: 10 }, (_, i) => `e-${999 - 3 * i}`))
    expect(idsOf(body.notMatching).slice(0, 3)).toEqual(['e-1001', 'e-1000', 'e-998'])
    expect(body.notMatching).toHaveLength(10)
    expect(body.matching[0]).toEqual({ id: 'e-999', type: 'TRANSACTION REVERSED', typeId: 6, entityId: 'x-999', createdAt: '2026-02-01T00:16:39.000Z' })
  })

  test('keeps to the types, the time and the number asked for', async () => {
    const time = { from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:12Z' }
    expect((await run(time)).body).toMatchObject({ lookedAt: 12, matched: 4, complete: true })
    const { body } = await run({ ...time, eventTypes: ['TRANSACTION REVERSED'] })
    expect(body).toMatchObject({ lookedAt: 6, matched: 2, complete: true })
    expect(idsOf(body.matching)).toEqual(['e-9', 'e-3'])
    expect((await run({ ...time, limit: 12 })).body).toMatchObject({ lookedAt: 12, complete: true })
    expect((await run({ ...time, limit: 11 })).body).toMatchObject({ lookedAt: 11, complete: false })
  })

  test('does not see the events of another tenant', async () => {
    const { body } = await run({}, 'large')
    expect(body).toEqual({ lookedAt: 0, matched: 0, complete: true, matching: [], notMatching: [] })
  })

  test('stops where the events that it has looked at are large together', async () => {
    const data = `{"id":"x","amount":"100.00","note":"${'x'.repeat(250_000)}"}`
    await api.store.models.events.insertMany(Array.from({ length: 140 }, (_, n) => ({ ...eventOf(`l-${n}`, n, 'large'), data })))
    const { body } = await run({}, 'large')
    expect(body).toMatchObject({ complete: false })
    expect(body.lookedAt).toBeGreaterThan(100)
    expect(body.lookedAt).toBeLessThan(140)
    expect(body.matched).toBe(body.lookedAt)
  })

  test('reads no more events than it looks at', async () => {
    const query = { tenantId: 'default', typeId: { $in: [5, 6] } }
    const plan = await api.store.models.events.find(query).sort({ createdAt: -1, _id: -1 }).limit(11).explain('executionStats')
    const { executionStats }: { executionStats: { totalDocsExamined: number } } = JSON.parse(JSON.stringify(plan))
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(11)
  })

  test.each<[object, string, RegExp]>([
    [{ filter: undefined }, 'filter', /is required/],
    [{ filter: null }, 'filter', /must be a JSON object/],
    [{ eventTypes: ['NO SUCH'] }, 'eventTypes[0]', /known: CREATE ACCOUNT/],
    [{ limit: 1_001 }, 'limit', /at most 1,000/],
    [{ limit: 0 }, 'limit', /at least 1/],
    [{ from: 'yesterday' }, 'from', /such as "2026-01-31T12:00:00Z"/],
    [{ from: '2026-02-02', to: '2026-02-01' }, 'to', /later than from/],
    [{ url: 'https://example.com' }, 'url', /not known here/],
  ])('refuses %j', async (change, path, message) => {
    const { status, body } = await run(change)
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path, message: expect.stringMatching(message) }])
  })

  test('needs a key that may see data, and no more', async () => {
    const body = { eventTypes: [5], filter: atLeast100, limit: 1 }
    expect((await (await api.withScopes(['data']))('POST', '/v1/webhooks/filter-test', body)).status).toBe(200)
    expect((await (await api.withScopes(['read', 'publish']))('POST', '/v1/webhooks/filter-test', body)).status).toBe(403)
  })
})
