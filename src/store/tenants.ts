import { DEFAULT_TENANT, EXPIRY_NOTICE, PARKED_FOR, type Tenant } from '../domain/tenant'
import { isDuplicate } from './errors'
import type { Models, TenantRecord } from './models'
import { page, type Page, type PageRequest } from './page'

export type TenantPatch = Partial<Pick<Tenant, 'name' | 'parkedForMs' | 'expiryNoticeMs'>>

/** Tenants themselves are the operator's, so that these reads are not scoped by a tenant. */
export interface TenantStore {
  /** False when the id is taken; nothing was changed then. */
  insert: (tenant: Tenant) => Promise<boolean>
  get: (id: string) => Promise<Tenant | undefined>
  list: (request: PageRequest) => Promise<Page<Tenant>>
  update: (id: string, patch: TenantPatch) => Promise<Tenant | undefined>
}

const toTenant = ({ _id, ...rest }: TenantRecord): Tenant => ({ id: _id, ...rest })

export function createTenantStore({ tenants }: Models): TenantStore {
  return {
    insert: async ({ id, ...tenant }) => {
      try {
        await tenants.create({ _id: id, ...tenant })
        return true
      } catch (error) {
        if (isDuplicate(error)) return false
        throw error
      }
    },
    get: async (id) => {
      const record = await tenants.findById(id).lean<TenantRecord>()
      return record ? toTenant(record) : undefined
    },
    list: (request) => page(tenants, {}, request, toTenant),
    update: async (id, patch) => {
      const record = await tenants
        .findByIdAndUpdate(id, { $set: patch }, { returnDocument: 'after' })
        .lean<TenantRecord>()
      return record ? toTenant(record) : undefined
    },
  }
}

/** The tenant that the admin key acts for unless told otherwise. */
export async function ensureDefaultTenant(tenants: TenantStore): Promise<void> {
  await tenants.insert({
    id: DEFAULT_TENANT,
    name: 'Default',
    createdAt: new Date(),
    parkedForMs: PARKED_FOR.defaultMs,
    expiryNoticeMs: EXPIRY_NOTICE.defaultMs,
  })
}
