import { DEFAULT_TENANT, EXPIRY_NOTICE, PARKED_FOR, RETENTION, type Tenant } from '../domain/tenant'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { TenantRecord } from './records'
import { page, type Page, type PageRequest } from './page'

export type TenantPatch = Partial<Pick<Tenant, 'name' | 'parkedForMs' | 'expiryNoticeMs' | 'retentionMs' | 'fourEyes' | 'ownershipCheck'>> & {
  /** null removes them. */
  notifyEmails?: string[] | null
}

/** Tenants themselves are the operator's, so that these reads are not scoped by a tenant. */
export interface TenantStore {
  /** False when the id is taken; nothing was changed then. */
  insert: (tenant: Tenant) => Promise<boolean>
  get: (id: string) => Promise<Tenant | undefined>
  list: (request: PageRequest) => Promise<Page<Tenant>>
  all: () => Promise<Tenant[]>
  update: (id: string, patch: TenantPatch) => Promise<Tenant | undefined>
  /** A hold that stands keeps its time. */
  setLegalHold: (id: string, at: Date) => Promise<void>
  liftLegalHold: (id: string) => Promise<void>
  /** A suspension that stands keeps its time. */
  suspend: (id: string, at: Date) => Promise<void>
  resume: (id: string) => Promise<void>
}

/** A tenant from before there was a retention has the usual one. */
const toTenant = ({ _id, ...rest }: TenantRecord): Tenant => ({ id: _id, ...rest, retentionMs: rest.retentionMs ?? RETENTION.defaultMs })

export function createTenantStore({ tenants }: Models): TenantStore {
  return {
    insert: ({ id, ...tenant }) => insertOnce(() => tenants.create({ _id: id, ...tenant })),
    get: async (id) => {
      const record = await tenants.findById(id).lean<TenantRecord>()
      return record ? toTenant(record) : undefined
    },
    list: (request) => page(tenants, {}, request, toTenant),
    all: async () => (await tenants.find().lean<TenantRecord[]>()).map(toTenant),
    update: async (id, { notifyEmails, ...patch }) => {
      const set = { ...patch, ...(notifyEmails && { notifyEmails }) }
      const record = await tenants
        .findByIdAndUpdate(id, { $set: set, ...(notifyEmails === null && { $unset: { notifyEmails: '' } }) }, { returnDocument: 'after' })
        .lean<TenantRecord>()
      return record ? toTenant(record) : undefined
    },
    setLegalHold: async (id, at) => {
      await tenants.updateOne({ _id: id, legalHoldSince: { $exists: false } }, { $set: { legalHoldSince: at } })
    },
    liftLegalHold: async (id) => {
      await tenants.updateOne({ _id: id }, { $unset: { legalHoldSince: '' } })
    },
    suspend: async (id, at) => {
      await tenants.updateOne({ _id: id, suspendedAt: { $exists: false } }, { $set: { suspendedAt: at } })
    },
    resume: async (id) => {
      await tenants.updateOne({ _id: id }, { $unset: { suspendedAt: '' } })
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
    retentionMs: RETENTION.defaultMs,
  })
}
