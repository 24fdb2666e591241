import { addErased, type Erasure, type ErasureCounts, type ErasureStatus } from '../domain/erasure'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { ErasureRecord } from './records'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface ErasureStore {
  /** False while another one about the same entity runs; nothing was written then. */
  insert: (erasure: Erasure) => Promise<boolean>
  get: (tenantId: string, id: string) => Promise<Erasure | undefined>
  list: (tenantId: string, request: PageRequest) => Promise<Page<Erasure>>
  /** The one that runs about the entity. */
  running: (tenantId: string, entityId: string) => Promise<Erasure | undefined>
  /** Every one, of all tenants, that has not ended. */
  open: () => Promise<Erasure[]>
  /** Every one, of all tenants, that has erased something since that time. */
  since: (time: Date) => Promise<Pick<Erasure, 'tenantId' | 'entityId'>[]>
  /** It is done with a page, unless somebody else has taken it further since it was read. */
  advance: (erasure: Erasure, cursor: string, counts: ErasureCounts) => Promise<void>
  /** `rest`: what it has done beyond its cursor. */
  end: (erasure: Erasure, status: Exclude<ErasureStatus, 'running'>, rest?: ErasureCounts) => Promise<void>
}

const toErasure = ({ _id, ...rest }: ErasureRecord): Erasure => ({ id: _id, ...rest })

export function createErasureStore({ erasures }: Models): ErasureStore {
  const one = async (filter: object): Promise<Erasure | undefined> => {
    const record = await erasures.findOne(filter).lean<ErasureRecord>()
    return record ? toErasure(record) : undefined
  }
  const running = { status: 'running' as const }

  return {
    insert: ({ id, ...erasure }) => insertOnce(() => erasures.create({ _id: id, ...erasure })),
    get: (tenantId, id) => one(scoped(tenantId, { _id: id })),
    list: (tenantId, request) => page(erasures, scoped(tenantId, {}), request, toErasure),
    running: (tenantId, entityId) => one(scoped(tenantId, { entityId, ...running })),
    open: async () => (await erasures.find(running).lean<ErasureRecord[]>()).map(toErasure),
    since: (time) => erasures.find({ updatedAt: { $gte: time } }, { _id: 0, tenantId: 1, entityId: 1 }).lean<Pick<Erasure, 'tenantId' | 'entityId'>[]>(),
    advance: async ({ tenantId, id, cursor: before = null, counts }, cursor, done) => {
      const asRead = scoped(tenantId, { _id: id, cursor: before, ...running })
      await erasures.updateOne(asRead, { $set: { cursor, counts: addErased(counts, done), updatedAt: new Date() } })
    },
    end: async ({ tenantId, id, counts }, status, rest) => {
      const now = new Date()
      await erasures.updateOne(scoped(tenantId, { _id: id, ...running }), { $set: { status, ...(rest && { counts: addErased(counts, rest) }), updatedAt: now, endedAt: now } })
    },
  }
}
