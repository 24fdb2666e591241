import type { StoreConnection } from '../../src/store/connect'

/** How MongoDB has carried a query out. */
export interface Plan {
  collection: string
  /** The index, or COLLSCAN. */
  plan: string
  keysExamined: number
  docsExamined: number
  returned: number
}

interface Profiled {
  ns: string
  planSummary?: string
  keysExamined?: number
  docsExamined?: number
  nreturned?: number
}

/** The reads of the large collections while `work` runs, as MongoDB's profiler saw them. */
export async function plansOf({ models }: StoreConnection, work: () => Promise<unknown>): Promise<Plan[]> {
  const { db } = models.events
  await db.db?.command({ profile: 2 })
  try {
    await work()
  } finally {
    await db.db?.command({ profile: 0 })
  }
  const reads = { ns: { $regex: /\.(events|deliveries|attempts|webhooks|releases)$/ }, op: { $in: ['query', 'command'] }, 'command.getMore': { $exists: false } }
  const found = await db.collection('system.profile').find<Profiled>(reads).toArray()
  await db.dropCollection('system.profile')
  return found.map(({ ns, planSummary = 'none', keysExamined = 0, docsExamined = 0, nreturned = 0 }) => ({
    collection: ns.split('.').at(-1) ?? ns,
    // Of a merge of several scans along one index, that index.
    plan: [...new Set(planSummary.split(/, (?=[A-Z]+ )/))].join(', '),
    keysExamined,
    docsExamined,
    returned: nreturned,
  }))
}
