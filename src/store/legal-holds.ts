import type { LegalHold } from '../domain/legal-hold'
import { legalHoldKey } from '../domain/ids'
import type { Models } from './models'
import type { LegalHoldRecord } from './records'
import { pageByTime, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface LegalHoldStore {
  /** A hold that stands keeps its time, and takes the new reason. */
  set: (hold: LegalHold) => Promise<LegalHold>
  /** False when there is none. */
  lift: (tenantId: string, entityId: string) => Promise<boolean>
  get: (tenantId: string, entityId: string) => Promise<LegalHold | undefined>
  list: (tenantId: string, request: PageRequest) => Promise<Page<LegalHold>>
  /** Which of these entities are under a hold. */
  among: (tenantId: string, entityIds: string[]) => Promise<Set<string>>
  /** Of all tenants, those set since then. */
  since: (time: Date) => Promise<LegalHold[]>
}

const toLegalHold = ({ _id, ...hold }: LegalHoldRecord): LegalHold => hold

export function createLegalHoldStore({ legalHolds }: Models): LegalHoldStore {
  const one = (tenantId: string, entityId: string) => scoped(tenantId, { _id: legalHoldKey(tenantId, entityId) })

  return {
    set: async ({ tenantId, entityId, reason, createdAt, setBy }) => {
      const record = await legalHolds
        .findOneAndUpdate(
          // By its key alone, which has the tenant: MongoDB then lets two callers make it at once.
          { _id: legalHoldKey(tenantId, entityId) },
          { $set: { reason }, $setOnInsert: { tenantId, entityId, createdAt, setBy } },
          { upsert: true, returnDocument: 'after' },
        )
        .lean<LegalHoldRecord>()
        .orFail()
      return toLegalHold(record)
    },
    lift: async (tenantId, entityId) => (await legalHolds.deleteOne(one(tenantId, entityId))).deletedCount === 1,
    get: async (tenantId, entityId) => {
      const record = await legalHolds.findOne(one(tenantId, entityId)).lean<LegalHoldRecord>()
      return record ? toLegalHold(record) : undefined
    },
    list: (tenantId, request) => pageByTime(legalHolds, scoped(tenantId, {}), request, toLegalHold),
    among: async (tenantId, entityIds) => {
      const _id = { $in: entityIds.map((entityId) => legalHoldKey(tenantId, entityId)) }
      const found = await legalHolds.find(scoped(tenantId, { _id })).lean<LegalHoldRecord[]>()
      return new Set(found.map(({ entityId }) => entityId))
    },
    since: async (time) => (await legalHolds.find({ createdAt: { $gte: time } }).lean<LegalHoldRecord[]>()).map(toLegalHold),
  }
}
