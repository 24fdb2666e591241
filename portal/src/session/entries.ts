import { CallError, type Schemas } from '../api/client'

export type Scope = 'read' | 'data' | 'retry' | 'publish' | 'manage' | 'erase' | 'reveal' | 'access' | 'admin'

/** What lets a person in: a session of the portal, or an API key that is kept in memory alone. */
export interface Entry {
  by: 'session' | 'key'
  /** Who came by a portal link has no address. */
  user: { id?: string; name: string; email?: string; role?: Session['user']['role'] }
  tenantId: string
  tenants: string[]
  /** What one may do in the tenant; of a key only the API knows. */
  scopes?: string[]
  headers: Record<string, string>
}

export type Session = Schemas['Session']

export const toEntry = ({ user, tenantId, tenants, scopes, csrfToken }: Session): Entry => ({
  by: 'session',
  user,
  tenantId,
  tenants: tenants.map(({ id }) => id),
  scopes,
  headers: { 'x-csrf-token': csrfToken },
})

/** The session that the browser's cookie stands for, in the tenant that this tab had chosen. */
export async function findSession(): Promise<Entry | undefined> {
  const response = await fetch('/v1/session')
  if (!response.ok) return undefined
  const entry = toEntry((await response.json()) as Session)
  const chosen = chosenTenant()
  // One that is not theirs any more is forgotten.
  return chosen !== undefined && entry.tenants.includes(chosen) ? inTenant(entry, chosen).catch(() => entry) : entry
}

const CHOSEN = 'herald-tenant'

/** Kept by the tab, so that two tabs may show two tenants. */
export function keepTenant(tenantId: string): void {
  try {
    sessionStorage.setItem(CHOSEN, tenantId)
  } catch {
    // Storage may be switched off: then a reload shows the first tenant.
  }
}

function chosenTenant(): string | undefined {
  try {
    return sessionStorage.getItem(CHOSEN) ?? undefined
  } catch {
    return undefined
  }
}

/** The same person in another tenant, where they may do more, or less. */
export async function inTenant(entry: Entry, tenantId: string): Promise<Entry> {
  if (tenantId === entry.tenantId) return entry
  if (entry.by === 'key') return { ...entry, tenantId }
  const response = await call('/v1/session', { headers: { 'herald-tenant': tenantId } })
  return toEntry((await response.json()) as Session)
}

export async function enterWithPassword(email: string, password: string, code?: string): Promise<Entry> {
  const response = await call('/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, ...(code && { code }) }),
  })
  return toEntry((await response.json()) as Session)
}

/** Administrators' keys act for every tenant, the others for their own. */
export async function enterWithKey(key: string): Promise<Entry> {
  const headers = { authorization: `Bearer ${key}` }
  await call('/v1/webhooks?limit=1', { headers })
  const named = await tenantsOf(headers)
  const tenantId = named.length === 0 || named.includes('default') ? 'default' : (named[0] ?? 'default')
  return {
    by: 'key',
    user: { name: 'API key' },
    tenantId: named.length === 0 ? '' : tenantId,
    tenants: named,
    headers,
  }
}

/** None unless the key is an administrator's. */
async function tenantsOf(headers: Record<string, string>): Promise<string[]> {
  const tenants = await fetch('/v1/tenants?limit=200', { headers })
  return tenants.ok ? ((await tenants.json()) as { data: { id: string }[] }).data.map(({ id }) => id).toSorted() : []
}

export const namedTenants = async (entry: Entry): Promise<Entry> => ({ ...entry, tenants: await tenantsOf(entry.headers) })

export async function endSession({ by, headers }: Entry): Promise<void> {
  if (by === 'session') await call('/v1/session', { method: 'DELETE', headers })
}

async function call(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch(() => {
    throw new CallError(0, 'Herald cannot be reached', 'Check the network, and whether Herald runs; then try again.')
  })
  if (response.ok) return response
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; type?: string }
  throw new CallError(response.status, problem.title ?? 'Signing in failed', problem.detail ?? `Herald answered ${response.status}.`, problem)
}
