import { request, type IncomingMessage } from 'node:http'
import { StoreAway } from '../../src/store/errors'
import { createExportQueries, type ExportQueries } from '../../src/store/export'
import { writeAged } from '../support/aged-events'
import { until } from '../support/until'
import { startApi, type TestApi } from './start-api'

const TENANT = { 'herald-tenant': 'exports' }
const FROM = '2020-01-01'

/** Pages of 500 events that were read so far. */
let pages = 0
/** MongoDB goes away before this page. */
let awayAt = Infinity
const exports: ExportQueries = {
  walk: async function* (tenantId, from, to) {
    if (awayAt === 0) throw new StoreAway(new Error('a test'))
    for await (const page of createExportQueries(api.store.models).walk(tenantId, from, to)) {
      if (++pages > awayAt) throw new StoreAway(new Error('a test'))
      yield page
    }
  },
}

let api: TestApi
beforeAll(async () => {
  api = await startApi({ exports })
  await api.admin('POST', '/v1/tenants', { id: 'exports', name: 'Exports' })
})
afterAll(() => api.stop())
afterEach(async () => {
  await Promise.all([api.store.models.hot.events.deleteMany({}), api.store.models.hot.deliveries.deleteMany({})])
})

const authorization = 'Bearer admin-key-of-a-test'

/** Begins an export and leaves it to the test how fast it is read. */
const begin = (query: string, headers: Record<string, string> = TENANT): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(`${api.url}/v1/events/export?${query}`, { headers: { authorization, ...headers } }, resolve).on('error', reject).end()
  })

async function text(answer: IncomingMessage): Promise<string> {
  let all = ''
  for await (const piece of answer.setEncoding('utf8')) all += piece
  return all
}

const lines = async (query: string): Promise<Record<string, unknown>[]> =>
  (await text(await begin(query))).split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>)

test('has a row for each delivery, in publish order, and one for an event without', async () => {
  const both = [{ status: 'delivered' as const, daysOld: 3 }, { status: 'parked' as const, daysOld: 2, posts: 5 }]
  await writeAged(api.store, ['second'], { tenantId: 'exports', daysOld: 3, deliveries: both })
  await writeAged(api.store, ['first'], { tenantId: 'exports', daysOld: 4, deliveries: [] })
  await writeAged(api.store, ['too-late'], { tenantId: 'exports', daysOld: 1 })
  await writeAged(api.store, ['foreign'], { tenantId: 'default', daysOld: 3 })
  const to = new Date(Date.now() - 2 * 86_400_000).toISOString()
  const rows = await lines(`from=${FROM}&to=${to}`)
  expect(rows).toMatchObject([
    { eventId: 'first', type: 'CREATE ACCOUNT', entityId: 'acc-1' },
    { eventId: 'second' },
    { eventId: 'second' },
  ])
  expect(rows.toSorted((a, b) => String(a['webhookId']).localeCompare(String(b['webhookId'])))).toMatchObject([
    { eventId: 'first' },
    { webhookId: 'whk_0', status: 'delivered', attemptCount: 1 },
    { webhookId: 'whk_1', status: 'parked', attemptCount: 5, parkedReason: 'attempts exhausted' },
  ])
  expect(rows[0]).not.toHaveProperty('deliveryId')
})

test('in CSV has the same rows, and runs no formula', async () => {
  await writeAged(api.store, ['one', '-2'], { tenantId: 'exports', daysOld: 1, entityId: '=HYPERLINK("http://evil.example","x")' })
  const answer = await begin(`from=${FROM}&format=csv`)
  expect(answer.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': 'attachment; filename="events-2020-01-01.csv"', 'cache-control': 'no-store' })
  const [head, ...rows] = (await text(answer)).split('\r\n')
  expect(head).toMatch(/^eventId,type,typeId,entityId,publishedAt,.*,status,/)
  expect(rows.toSorted().at(-1)).toMatch(/^one,CREATE ACCOUNT,1,"'=HYPERLINK\(""http/)
  expect(rows.some((row) => row.startsWith("'-2,"))).toBe(true)
})

test('may be for the tenant of its query, which a link in a browser can name; the header counts more', async () => {
  await writeAged(api.store, ['one'], { tenantId: 'exports', daysOld: 1, deliveries: [] })
  const rowsOf = async (answer: IncomingMessage): Promise<number> => (await text(answer)).split('\n').filter(Boolean).length
  expect(await rowsOf(await begin(`from=${FROM}&tenantId=exports`, {}))).toBe(1)
  expect(await rowsOf(await begin(`from=${FROM}&tenantId=default`))).toBe(1)
  expect(await rowsOf(await begin(`from=${FROM}&tenantId=default`, {}))).toBe(0)
  expect((await begin(`from=${FROM}&tenantId=nobody`, {})).statusCode).toBe(404)
  const { body } = await api.admin('POST', '/v1/api-keys', { name: 'of another tenant', scopes: ['read'] })
  const stranger = await begin(`from=${FROM}&tenantId=exports`, { authorization: `Bearer ${String(body.key)}` })
  expect(stranger.statusCode).toBe(403)
  expect((await api.admin('GET', '/v1/events?tenantId=exports')).status).toBe(400)
})

test('of nothing is a head alone in CSV, and nothing in NDJSON', async () => {
  expect((await text(await begin(`from=${FROM}&format=csv`))).split('\r\n')).toHaveLength(2)
  expect(await text(await begin(`from=${FROM}`))).toBe('')
})

test('has all of 50,000 rows, and reads no further than its reader', async () => {
  const ids = Array.from({ length: 25_000 }, (_, i) => `event-${String(i).padStart(6, '0')}`)
  const twice = Array.from({ length: 2 }, () => ({ status: 'delivered' as const, daysOld: 1 }))
  // Many at the same moment, so that pages end between them.
  for (let i = 0; i < ids.length; i += 5_000) await writeAged(api.store, ids.slice(i, i + 5_000), { tenantId: 'exports', daysOld: 10 - i / 5_000, deliveries: twice })
  pages = 0
  const answer = await begin(`from=${FROM}`)
  const whileUnread = await settled(() => pages)
  expect(whileUnread).toBeLessThan(40)
  const rows = (await text(answer)).trimEnd().split('\n').map((line) => JSON.parse(line) as { eventId: string; webhookId: string })
  expect(rows).toHaveLength(50_000)
  expect(new Set(rows.map(({ eventId, webhookId }) => `${eventId}/${webhookId}`)).size).toBe(50_000)
  expect(pages).toBe(50)
})

/** The number once it has not moved for a while. */
async function settled(count: () => number): Promise<number> {
  let last = -1
  await until(() => {
    const isSame = last === count()
    last = count()
    return isSame
  }, { everyMs: 500 })
  return last
}

test('that cannot go on breaks off where every client sees it, and is a problem where it cannot begin', async () => {
  await writeAged(api.store, Array.from({ length: 1_200 }, (_, i) => `event-${i}`), { tenantId: 'exports', daysOld: 1 })
  pages = 0
  awayAt = 2
  const answer = await begin(`from=${FROM}`)
  expect(answer.statusCode).toBe(200)
  await expect(text(answer)).rejects.toThrow('aborted')
  awayAt = 0
  const { status, headers } = await api.admin('GET', `/v1/events/export?from=${FROM}`, undefined, TENANT)
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toBe('1')
  awayAt = Infinity
})

test('says what is wrong', async () => {
  const refused = async (query: string) => (await api.admin('GET', `/v1/events/export?${query}`, undefined, TENANT)).body.detail
  expect(await refused('')).toContain('from must be a time such as')
  expect(await refused('from=2026-02-01&to=2026-01-01')).toContain('must lie before to')
  expect(await refused('from=2026-02-01&format=xlsx')).toContain('must be csv or ndjson')
  const noKey = await api.as(undefined)('GET', '/v1/events/export?from=2026-01-01')
  expect(noKey.status).toBe(401)
})
