import { deliveryId } from '../../src/domain/ids'
import { noCounts } from '../../src/domain/tally'
import { createSealer } from '../../src/delivery/seal'
import { type AuditFilter, createAuditStore } from '../../src/store/audit'
import { createBacklogStore, type BacklogStore } from '../../src/store/backlogs'
import type { StoreConnection } from '../../src/store/connect'
import { createDeliveryQueries, type DeliveryFilter } from '../../src/store/delivery-queries'
import { createErasingStore } from '../../src/store/erasing'
import { createErasureStore } from '../../src/store/erasures'
import { nothingErased } from '../../src/domain/erasure'
import { createEventQueries, type EventFilter } from '../../src/store/event-queries'
import { createExportQueries } from '../../src/store/export'
import { createLegalHoldStore } from '../../src/store/legal-holds'
import { createOutcomeStore } from '../../src/store/outcomes'
import { createReleaseStore } from '../../src/store/releases'
import { createStatisticsQueries } from '../../src/store/statistics'
import { ALL, createTallyStore } from '../../src/store/tallies'
import { createTallySources } from '../../src/store/tally-sources'
import { createTenantStore } from '../../src/store/tenants'
import { createWebhookStore } from '../../src/store/webhooks'
import { connectTestStore } from '../support/mongo'
import { testVaults } from '../support/vaults'

const TENANTS = ['bank-a', 'bank-b', 'bank-c']
const WEBHOOKS = ['whk_1', 'whk_2', 'whk_3', 'whk_4']
const TYPES = [1, 2, 5]
const STATUSES = ['parked', 'delivered', 'held', 'cancelled'] as const
const EACH = 3_000
const LIMIT = 20
const START = Date.parse('2026-01-01')
const at = (i: number): Date => new Date(START + i * 1_000)

/** What MongoDB's profiler says of one operation. */
interface Profiled {
  ns: string
  planSummary?: string
  docsExamined?: number
  keysExamined?: number
  hasSortStage?: true
}

let store: StoreConnection
beforeAll(async () => {
  store = await connectTestStore()
  for (const tenantId of TENANTS) await fill(tenantId)
}, 60_000)
afterAll(() => store.close())

/** Records of every webhook, type and status, those of the tenants in turn. */
async function fill(tenantId: string): Promise<void> {
  const { events, deliveries } = store.models.hot
  const all = Array.from({ length: EACH }, (_, i) => {
    const about = { tenantId, eventId: `${tenantId}-${i}`, typeId: TYPES[Math.floor(i / 16) % 3] ?? 1, entityId: `acc-${Math.floor(i / 10)}`, createdAt: at(i) }
    return { about, webhookId: WEBHOOKS[i % 4] ?? '', status: STATUSES[Math.floor(i / 4) % 4] ?? 'parked' }
  })
  await events.insertMany(all.map(({ about }) => ({ ...about, _id: `${tenantId}/${about.eventId}`, type: 'A TYPE', data: '{}', hash: 'x', starter: 'of a test', dispatchedAt: about.createdAt })))
  await deliveries.insertMany(
    all.map(({ about, webhookId, status }, i) => ({
      ...about,
      _id: deliveryId(tenantId, about.eventId, about.createdAt, webhookId),
      webhookId,
      status,
      round: 0,
      posts: 1,
      postsBeforeRound: 0,
      intents: [about.createdAt],
      workflowId: `event/${tenantId}/${about.eventId}`,
      updatedAt: about.createdAt,
      ...(status !== 'delivered' && { lastOutcome: i % 2 === 0 ? { at: about.createdAt, attempt: 1, kind: 'failed' as const, reason: 'timeout' as const, detail: '' } : { at: about.createdAt, attempt: 1, kind: 'blocked' as const, detail: '' } }),
      ...(status === 'parked' && { parkedAt: about.createdAt, ...(i % 3 === 0 && { expiryNoticedAt: about.createdAt }) }),
    })),
  )
}

/** The operations while `work` runs, as MongoDB carried them out; those that have a plan of their own. */
const profiled = async (work: () => Promise<unknown>): Promise<Profiled[]> => (await allProfiled(work)).filter(({ planSummary }) => planSummary !== undefined)

async function allProfiled(work: () => Promise<unknown>): Promise<Profiled[]> {
  const { db } = store.models.events
  await db.db?.command({ profile: 2 })
  await work()
  await db.db?.command({ profile: 0 })
  const found = await db.collection('system.profile').find<Profiled>({ ns: { $not: /system\.profile$/ }, op: { $in: ['query', 'command'] } }).toArray()
  await db.dropCollection('system.profile')
  return found
}

/** That many documents for a page of `LIMIT`, whatever else there is: one more tells that there is another page. */
async function expectFlat(work: () => Promise<unknown>, mostDocuments = LIMIT + 2, mostKeys = mostDocuments + 10): Promise<void> {
  const operations = await profiled(work)
  expect(operations.length).toBeGreaterThan(0)
  for (const { planSummary, docsExamined = 0, keysExamined = 0 } of operations) {
    expect(planSummary).toMatch(/IXSCAN|IDHACK|EXPRESS/)
    expect(planSummary).not.toContain('COLLSCAN')
    expect(docsExamined).toBeLessThanOrEqual(mostDocuments)
    // A merge over the statuses, or over types, looks at the head of each.
    expect(keysExamined).toBeLessThanOrEqual(mostKeys)
  }
}

const DELIVERY_FILTERS: [string, DeliveryFilter, mostDocuments?: number][] = [
  ['all', {}],
  ['by status', { status: 'held' }],
  ['by webhook', { webhookId: 'whk_2' }],
  ['by webhook and status', { webhookId: 'whk_2', status: 'parked' }],
  ['by reason', { failureReason: 'timeout' }],
  ['by reason and status', { failureReason: 'blocked', status: 'parked' }],
  ['by type', { typeId: 5 }],
  ['by type and status', { typeId: 5, status: 'delivered' }],
  // Every third of the webhook's is of the type.
  ['by webhook and type', { webhookId: 'whk_3', typeId: 5 }, 4 * LIMIT],
  ['by webhook, type and status', { webhookId: 'whk_3', typeId: 5, status: 'parked' }, 4 * LIMIT],
  ['that expire soon', { expiring: true }],
  ['from a time on', { from: at(1_000) }],
  ['before a time', { to: at(1_000) }],
  ['by status in a time', { status: 'parked', from: at(1_000), to: at(2_000) }],
  ['by webhook in a time', { webhookId: 'whk_1', from: at(1_000), to: at(2_000) }],
  ['by type in a time', { typeId: 2, from: at(1_000), to: at(2_000) }],
]

describe.each(DELIVERY_FILTERS)('a list of deliveries, %s', (_, filter, mostDocuments) => {
  it('reads a page along an index, wherever it is, and nothing of other tenants', async () => {
    const queries = createDeliveryQueries(store.models)
    const first = await queries.list('bank-b', filter, { limit: LIMIT })
    expect(first.data).toHaveLength(LIMIT)
    await expectFlat(() => queries.list('bank-b', filter, { limit: LIMIT }), mostDocuments)
    let cursor = first.nextCursor
    for (let page = 0; page < 3; page += 1) {
      const request = { limit: LIMIT, ...(cursor !== undefined && { cursor }) }
      await expectFlat(async () => (cursor = (await queries.list('bank-b', filter, request)).nextCursor), mostDocuments)
    }
  })
})

it.each([{}, { status: 'parked' as const }, { webhookId: 'whk_1' }, { typeId: 5 }])('lists the deliveries of an event along it, also with %j', async (filter) => {
  const queries = createDeliveryQueries(store.models)
  await expectFlat(() => queries.list('bank-b', { eventId: 'bank-b-1500', ...filter }, { limit: LIMIT }), 1)
})

const EVENT_FILTERS: [string, EventFilter, length?: number][] = [
  ['all', {}],
  ['by type', { typeId: 2 }],
  ['by entity', { entityId: 'acc-150' }, 10],
  ['by entity and type', { entityId: 'acc-150', typeId: 2 }, 0],
  ['in a time', { from: at(1_000), to: at(2_000) }],
  ['by type in a time', { typeId: 5, from: at(1_000), to: at(2_000) }],
]

describe.each(EVENT_FILTERS)('a list of events, %s', (_, filter, length = LIMIT) => {
  it('reads a page along an index, wherever it is, and nothing of other tenants', async () => {
    const queries = createEventQueries(store.models, testVaults(store.models))
    const first = await queries.list('bank-b', filter, { limit: LIMIT })
    expect(first.data.length).toBeGreaterThanOrEqual(length)
    await expectFlat(() => queries.list('bank-b', filter, { limit: LIMIT }))
    const cursor = first.nextCursor
    if (cursor) await expectFlat(() => queries.list('bank-b', filter, { limit: LIMIT, cursor }))
  })
})

const HOUR = 3_600_000
const hour = (i: number): Date => new Date(START + i * HOUR)
const AUDIT_FILTERS: [string, AuditFilter][] = [
  ['all', {}],
  ['by what was done', { action: 'action-rare' }],
  ['by whom', { actorId: 'key_rare' }],
  ['about what', { target: 'whk_rare' }],
  ['by address', { address: '10.0.0.9' }],
  ['in a time', { from: hour(500), to: hour(700) }],
  ['by whom in a time', { actorId: 'key_rare', from: hour(0), to: hour(2_000) }],
]

describe.each(AUDIT_FILTERS)('a list of audit lines, %s', (_, filter) => {
  beforeAll(async () => {
    if (await store.models.auditLines.countDocuments()) return
    const lines = TENANTS.flatMap((tenantId) =>
      Array.from({ length: EACH }, (__, i) => {
        const kind = i < 1_500 && i % 50 === 0 ? 'rare' : 'often'
        const number = i + 1
        return { _id: `${tenantId}/${String(number).padStart(12, '0')}`, tenantId, number, at: hour(i), actor: { kind: 'key' as const, id: `key_${kind}` }, action: `action-${kind}`, target: [`whk_${kind}`], fields: [], status: 200, from: kind === 'rare' ? '10.0.0.9' : '10.0.0.1', hash: 'x' }
      }),
    )
    await store.models.auditLines.collection.insertMany(lines as never[])
  }, 60_000)

  it('reads a page along an index, wherever it is, and nothing of other tenants', async () => {
    const audit = createAuditStore(store.models, createSealer(Buffer.alloc(32, 3)))
    const first = await audit.list('bank-b', filter, { limit: LIMIT })
    expect(first.data).toHaveLength(LIMIT)
    await expectFlat(() => audit.list('bank-b', filter, { limit: LIMIT }))
    const cursor = first.nextCursor
    if (cursor) await expectFlat(() => audit.list('bank-b', filter, { limit: LIMIT, cursor }))
    await expectFlat(() => audit.after('bank-b', filter, 0, LIMIT))
  })
})

it('finds what an erasure is about by its entity, and what became of that by its events', async () => {
  const erasing = createErasingStore(store.models)
  const [tenantId, entityId, now] = ['bank-b', 'acc-150', new Date()]
  const erasure = { id: 'ers_1', tenantId, entityId, status: 'running' as const, total: 0, counts: nothingErased(), createdAt: now, createdBy: 'admin', updatedAt: now }
  let found: string[] = []
  await expectFlat(() => erasing.count(tenantId, entityId))
  await expectFlat(async () => (found = (await erasing.next(erasure, LIMIT)).map(({ eventId }) => eventId)))
  expect(found).toHaveLength(10)
  await expectFlat(() => erasing.deliveriesOf(tenantId, found))
  const [, second] = await erasing.next(erasure, 2)
  await expectFlat(async () => expect(await erasing.next({ ...erasure, cursor: second?.cursor ?? '' }, LIMIT)).toHaveLength(8))
})

it('lists releases, erasures, tenants and legal holds along an index', async () => {
  const { models } = store
  const many = Array.from({ length: 100 }, (_, i) => ({ _id: `of-a-test-${i}`, tenantId: TENANTS[i % 3] ?? '', createdAt: at(i) }))
  for (const model of [models.releases, models.erasures, models.tenants, models.legalHolds]) await model.collection.insertMany(many as never[])
  const request = { limit: LIMIT }
  await expectFlat(() => createReleaseStore(models).list('bank-b', request))
  await expectFlat(() => createErasureStore(models).list('bank-b', request))
  await expectFlat(() => createTenantStore(models).list(request))
  await expectFlat(() => createLegalHoldStore(models).list('bank-b', request))
})

it('lists webhooks without reading those that were deleted', async () => {
  const { webhooks } = store.models.hot
  const record = (i: number, deleted: boolean) => ({ _id: `whk_${String(i).padStart(5, '0')}`, tenantId: 'bank-b', status: 'active', ...(deleted && { deletedAt: at(i) }) })
  await webhooks.insertMany(Array.from({ length: 500 }, (_, i) => record(i, i >= 100)) as never[])
  const list = createWebhookStore(store.models, {} as never, {} as never).list
  expect((await list('bank-b', { limit: LIMIT })).data).toHaveLength(LIMIT)
  await expectFlat(() => list('bank-b', { limit: LIMIT }))
})

it('counts and pages what a release is about along an index', async () => {
  const releases = createReleaseStore(store.models)
  const [before] = await profiled(() => releases.count('bank-b', 'retry', { webhookId: 'whk_1' }, new Date()))
  const parked = await store.models.deliveries.countDocuments({ tenantId: 'bank-b', webhookId: 'whk_1', status: 'parked' })
  expect(before?.docsExamined).toBeLessThanOrEqual(parked)
  const release = { id: 'rel_1', tenantId: 'bank-b', action: 'retry', filter: { webhookId: 'whk_1' }, createdAt: new Date() } as never
  await expectFlat(() => releases.next(release, LIMIT, []))
})

describe('statistics', () => {
  const MINUTES = 180
  const NOW = Math.floor(Date.now() / 60_000) * 60_000

  beforeAll(async () => {
    const all = TENANTS.flatMap((tenantId) =>
      [ALL, ...WEBHOOKS].map((webhookId) => Array.from({ length: MINUTES }, (_, i) => ({ at: NOW - i * 60_000, tally: { tenantId, webhookId, counts: { ...noCounts(), failed: 1 } } }))),
    )
    const tallies = createTallyStore(store.models)
    await tallies.progress()
    for (const { at, tally } of all.flat()) await tallies.write('minute', at, [tally])
    await createBacklogStore(store.models).sample(new Date())
  }, 60_000)

  it('read what was counted of their window alone, whatever there is of deliveries and of other tenants', async () => {
    const queries = createStatisticsQueries(store.models)
    const hour = 3_600_000
    await expectFlat(() => queries.series('bank-b', NOW - hour, NOW), 62)
    await expectFlat(() => queries.series('bank-b', NOW - hour, NOW, 'whk_2'), 62)
    // An entry of each minute for each webhook; of what is parked, as many as are shown.
    await expectFlat(() => queries.ofWebhooks('bank-b', NOW - hour, NOW, WEBHOOKS), 70 * WEBHOOKS.length, 1_002)
    await expectFlat(() => queries.worst('bank-b', NOW - hour, NOW, 10), 70 * WEBHOOKS.length, 1_002)
  })

  it('count what stands still along an index, without reading a delivery', async () => {
    const standing = await store.models.deliveries.countDocuments({ status: { $in: ['parked', 'held'] } })
    const operations = await profiled(() => createBacklogStore(store.models).sample(new Date()))
    const [counting] = operations.filter(({ ns }) => ns.endsWith('.deliveries'))
    expect(counting).toMatchObject({ docsExamined: 0, planSummary: expect.stringContaining('IXSCAN') })
    expect(counting?.keysExamined).toBeLessThan(standing + 50)
    // Of what was kept, the last of each tenant.
    const [before] = operations.filter(({ ns }) => ns.endsWith('.backlogs'))
    expect(before?.planSummary).toMatch(/DISTINCT_SCAN/)
  })

  it('find the worst webhooks in an index of failures, without reading a count', async () => {
    const operations = await profiled(() => createStatisticsQueries(store.models).worst('bank-b', NOW - 3_600_000, NOW, 0))
    const [failures] = operations.filter(({ keysExamined = 0 }) => keysExamined > 50)
    expect(failures).toMatchObject({ docsExamined: 0, planSummary: expect.stringContaining('failed: 1') })
  })

  it('look at the last backlog of each step alone, however often it has changed', async () => {
    const hour = 3_600_000
    const end = Math.floor(NOW / hour) * hour
    await store.models.backlogs.insertMany(
      Array.from({ length: MINUTES }, (_, i) => ({ _id: `bank-c/${i}`, tenantId: 'bank-c', at: new Date(end - (i + 1) * 60_000), parked: i, held: 0 })),
    )
    let last: Awaited<ReturnType<BacklogStore['last']>> = []
    const operations = await allProfiled(async () => {
      last = await createBacklogStore(store.models).last('bank-c', end - 2 * hour, end, hour)
    })
    expect(last).toEqual([
      { at: end - 2 * hour - 60_000, parked: 120, held: 0 },
      { at: end - hour - 60_000, parked: 60, held: 0 },
      { at: end - 60_000, parked: 0, held: 0 },
    ])
    const read = operations.reduce((sum, { docsExamined = 0 }) => sum + docsExamined, 0)
    expect([read >= 3, read < 10]).toEqual([true, true])
  })

  it('are counted along the times of what happened', async () => {
    await createOutcomeStore(store.models, testVaults(store.models)).record(
      Array.from({ length: 50 }, (_, i) => ({
        tenantId: 'bank-b',
        deliveryId: `dlv_counted_${i}`,
        number: 1,
        webhookId: 'whk_1',
        exchange: { startedAt: new Date(), durationMs: 1, request: { url: '', headers: {} }, outcome: { kind: 'delivered' as const, status: 200 } },
      })),
    )
    const minute = Math.floor(Date.now() / 60_000) * 60_000
    const operations = await profiled(() => createTallySources(store.models).count(minute - 60_000, minute + 60_000))
    expect(operations.map(({ planSummary }) => planSummary)).toEqual(['IXSCAN { recordedAt: 1 }', 'IXSCAN { parkings: 1 }'])
    for (const { docsExamined } of operations) expect(docsExamined).toBeLessThanOrEqual(50)
  })
})

it('exports page by page along the indexes of events and their deliveries', async () => {
  const operations = await profiled(async () => {
    for await (const _page of createExportQueries(store.models).walk('bank-b', at(1_000), at(2_200))) continue
  })
  // Three pages, each with its deliveries.
  expect(operations).toHaveLength(6)
  for (const { planSummary, docsExamined, hasSortStage } of operations.filter(({ ns }) => ns.endsWith('.events'))) {
    expect(planSummary).toContain('createdAt: -1, _id: -1')
    expect(docsExamined).toBeLessThanOrEqual(502)
    expect(hasSortStage).toBeUndefined()
  }
})
