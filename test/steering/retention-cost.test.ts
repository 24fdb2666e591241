import pino from 'pino'
import { createMetrics } from '../../src/metrics'
import { createRetention, type Retention } from '../../src/steering/retention'
import type { StoreConnection } from '../../src/store/connect'
import { createLegalHoldStore } from '../../src/store/legal-holds'
import { createRetentionLooks } from '../../src/store/retention-looks'
import { createRetentionMarks } from '../../src/store/retention-marks'
import { createTenantStore, ensureDefaultTenant } from '../../src/store/tenants'
import { writeAged } from '../support/aged-events'
import { connectTestStore } from '../support/mongo'

const HOUR = 3_600_000

/** What MongoDB's profiler says of one operation. */
interface Profiled {
  ns: string
  planSummary?: string
  docsExamined?: number
}

let store: StoreConnection
let retention: Retention
beforeAll(async () => {
  store = await connectTestStore()
  const { models } = store
  const tenants = createTenantStore(models)
  await ensureDefaultTenant(tenants)
  retention = createRetention({
    tenants,
    legalHolds: createLegalHoldStore(models),
    looks: createRetentionLooks(models),
    marks: createRetentionMarks(models),
    metrics: createMetrics(),
    logger: pino({ level: 'silent' }),
    stopping: new AbortController().signal,
    times: { everyMs: 60_000, leavingMs: HOUR, recordsLaterMs: 300_000, recheckMs: 24 * HOUR },
  })
})
afterAll(() => store.close())

const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}-${i}`)

/** The operations on the large collections while `work` runs, as MongoDB carried them out. */
async function profiled(work: () => Promise<void>): Promise<Profiled[]> {
  const { db } = store.models.events
  await db.db?.command({ profile: 2 })
  await work()
  await db.db?.command({ profile: 0 })
  const large = { ns: { $regex: /\.(events|deliveries|attempts|legalHolds)$/ }, op: { $ne: 'insert' } }
  const found = await db.collection('system.profile').find<Profiled>(large).toArray()
  await db.dropCollection('system.profile')
  return found
}

async function look(): Promise<void> {
  await store.models.turns.deleteMany()
  await retention.look()
}

/** By collection, each index that was gone along; a plan may have several scans. */
function plansOf(operations: Profiled[]): string[] {
  const plans = operations.flatMap(({ ns, planSummary = 'none' }) =>
    planSummary.split(/, (?=[A-Z]+)/).map((scan) => `${ns.split('.').at(-1)}: ${scan}`),
  )
  return [...new Set(plans)].toSorted()
}

const examined = (operations: Profiled[]): number => operations.reduce((sum, { docsExamined = 0 }) => sum + docsExamined, 0)

it('reads along indexes, and no more when many events wait and many are not old enough', async () => {
  const tenantId = 'default'
  const legalHolds = createLegalHoldStore(store.models)
  const setHold = (entityId: string) => legalHolds.set({ tenantId, entityId, reason: 'x', createdAt: new Date(), setBy: 'admin' })
  const round = async (name: string): Promise<Profiled[]> => {
    await writeAged(store, ids(name, 100), { tenantId, daysOld: 91, deliveries: [{ status: 'delivered', daysOld: 91, posts: 2 }] })
    await writeAged(store, ids(`${name}-parked`, 100), { tenantId, daysOld: 91, deliveries: [{ status: 'parked', daysOld: 91 }] })
    return profiled(async () => {
      await look()
      await setHold('acc-1')
      await retention.keep(tenantId, ['acc-1'])
      await legalHolds.lift(tenantId, 'acc-1')
    })
  }
  const first = await round('few')
  await writeAged(store, ids('waits', 5_000), { tenantId, daysOld: 91, deliveries: [{ status: 'parked', daysOld: 91 }] })
  await writeAged(store, ids('young', 5_000), { tenantId, daysOld: 1 })
  await look()

  const last = await round('many')

  expect(plansOf([...first, ...last])).toEqual([
    'attempts: IXSCAN { _id: 1 }',
    'deliveries: IXSCAN { _id: 1 }',
    'deliveries: IXSCAN { removeAt: 1 }',
    'deliveries: IXSCAN { tenantId: 1, eventId: 1 }',
    'events: IXSCAN { _id: 1 }',
    'events: IXSCAN { lookAgainAt: 1 }',
    'events: IXSCAN { removeAt: 1 }',
    'events: IXSCAN { tenantId: 1, createdAt: -1, _id: -1 }',
    'legalHolds: IDHACK',
    'legalHolds: IXSCAN { _id: 1 }',
    'legalHolds: IXSCAN { createdAt: 1 }',
  ])
  expect(examined(last)).toBeLessThanOrEqual(examined(first) * 1.05)
})
