import { DEFAULT_TENANT, EXPIRY_NOTICE, PARKED_FOR, RETENTION, type Tenant } from '../domain/tenant'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { TenantRecord } from './records'
import { page, type Page, type PageRequest } from './page'

type Settings = Omit<Tenant, 'id' | 'createdAt'>
/** null removes one that a tenant need not have. */
export type TenantPatch = Partial<Pick<Settings, 'name' | 'parkedForMs' | 'expiryNoticeMs' | 'retentionMs' | 'fourEyes' | 'ownershipCheck'>> & {
  [name in 'notifyEmails' | 'legalHoldSince' | 'suspendedAt']?: Settings[name] | null
}

/** Tenants themselves are the operator's, so that these reads are not scoped by a tenant. */
export interface TenantStore {
  /** False when the id is taken; nothing was changed then. */
  insert: (tenant: Tenant) => Promise<boolean>
  get: (id: string) => Promise<Tenant | undefined>
  list: (request: PageRequest) => Promise<Page<Tenant>>
  all: () => Promise<Tenant[]>
  /** Nothing where its settings are not those that were read any more: the change may not fit them, or undo another one. */
  update: (read: Tenant, patch: TenantPatch) => Promise<Tenant | undefined>
}

/** All of them: a new one does not compile until it is here. */
const SETTINGS = Object.keys({
  name: true,
  parkedForMs: true,
  expiryNoticeMs: true,
  retentionMs: true,
  fourEyes: true,
  ownershipCheck: true,
  notifyEmails: true,
  legalHoldSince: true,
  suspendedAt: true,
} satisfies Record<keyof Settings, true>) as (keyof Settings)[]

/** A tenant from before there was a retention has the usual one. */
const toTenant = ({ _id, ...rest }: TenantRecord): Tenant => ({ id: _id, ...rest, retentionMs: rest.retentionMs ?? RETENTION.defaultMs })

/** In a query null is what is not there. */
function asRead(tenant: Tenant): object {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, tenant[name] ?? null]))
  return { _id: tenant.id, ...settings, ...(tenant.retentionMs === RETENTION.defaultMs && { retentionMs: { $in: [RETENTION.defaultMs, null] } }) }
}

export function createTenantStore({ tenants }: Models): TenantStore {
  return {
    insert: ({ id, ...tenant }) => insertOnce(() => tenants.create({ _id: id, ...tenant })),
    get: async (id) => {
      const record = await tenants.findById(id).lean<TenantRecord>()
      return record ? toTenant(record) : undefined
    },
    list: (request) => page(tenants, {}, request, toTenant),
    all: async () => (await tenants.find().lean<TenantRecord[]>()).map(toTenant),
    update: async (read, patch) => {
      const removed = Object.entries(patch).filter(([, value]) => value === null)
      const given = Object.entries(patch).filter(([, value]) => value !== null)
      const change = { $set: Object.fromEntries(given), ...(removed.length > 0 && { $unset: Object.fromEntries(removed) }) }
      const record = await tenants.findOneAndUpdate(asRead(read), change, { returnDocument: 'after' }).lean<TenantRecord>()
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
    retentionMs: RETENTION.defaultMs,
  })
}
