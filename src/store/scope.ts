/**
 * The one place that keeps tenants apart: every read and write of a tenant's records goes through
 * this filter, and what belongs to another tenant is simply not found.
 */
export const scoped = <Filter extends object>(
  tenantId: string,
  filter: Filter,
): Filter & { tenantId: string } => ({ ...filter, tenantId })

/** Of the tenant's records, those with these keys. */
export const scopedTo = (tenantId: string, keys: string[]): { tenantId: string; _id: { $in: string[] } } => scoped(tenantId, { _id: { $in: keys } })
