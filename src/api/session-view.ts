import { z } from 'zod'
import { EVERY_TENANT, hasEveryTenant, roleIn, ROLES, type Role } from '../domain/user'
import type { LiveSession } from '../portal/sessions'
import type { TenantStore } from '../store/tenants'
import { named, time } from './views'

export const role = z.enum(ROLES)

const tenantView = z.object({ id: z.string(), name: z.string(), role: role.describe('What one may do there.') })

export const sessionView = z.object({
  user: z.object({
    id: z.string().describe('Of the user, or of the portal link.'),
    email: z.string().optional().describe('None for who came by a portal link.'),
    name: z.string(),
    role: role.describe('In `tenantId`.'),
    totp: z.boolean().describe('Whether signing in takes a code of an authenticator app.'),
  }),
  tenantId: z.string().describe('The tenant that requests are about unless the header `Herald-Tenant` names another.'),
  tenants: z.array(tenantView).describe('Those that one may choose; the first 200.'),
  everyTenant: z.boolean().describe('Whether the role holds in every tenant, also in those that are not listed.'),
  scopes: z.array(z.string()).describe('What one may do in `tenantId`.'),
  csrfToken: z.string().describe('Goes into the header `x-csrf-token` of every request but GET and HEAD.'),
  expiresAt: time.describe('When one has to sign in again, whatever one does.'),
  idleAt: time.describe('When the session ends unless it is used.'),
})
named.add(sessionView, { id: 'Session' })

export interface SessionViewDeps {
  tenants: Pick<TenantStore, 'get' | 'list'>
}

const MOST_TENANTS = 200

export async function viewSession(
  { tenants }: SessionViewDeps,
  { session, tenantId, scopes }: { session: LiveSession; tenantId: string; scopes: readonly string[] },
): Promise<z.infer<typeof sessionView>> {
  const { user, link, grants, csrfToken, expiresAt, idleAt, callerId } = session
  const here = roleIn(grants, tenantId) ?? 'viewer'
  return {
    user: {
      id: callerId,
      ...(user && { email: user.email }),
      name: user?.name ?? link?.name ?? '',
      role: here,
      totp: user?.totp ?? false,
    },
    tenantId,
    tenants: await choices(tenants, session),
    everyTenant: hasEveryTenant(grants),
    scopes: [...scopes],
    csrfToken,
    expiresAt: expiresAt.toISOString(),
    idleAt: idleAt.toISOString(),
  }
}

async function choices(tenants: SessionViewDeps['tenants'], { grants }: LiveSession): Promise<{ id: string; name: string; role: Role }[]> {
  const own = grants.map(({ tenantId }) => tenantId).filter((id) => id !== EVERY_TENANT)
  const found = hasEveryTenant(grants)
    ? (await tenants.list({ limit: MOST_TENANTS })).data
    : (await Promise.all(own.slice(0, MOST_TENANTS).map((id) => tenants.get(id)))).filter((tenant) => tenant !== undefined)
  return found.map(({ id, name }) => ({ id, name, role: roleIn(grants, id) ?? 'viewer' })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
