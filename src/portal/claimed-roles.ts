import { EVERY_TENANT, ROLES, type Grant, type Role } from '../domain/user'

/** Who has `value` in the claim has the role in these tenants. */
export interface RoleRule {
  value: string
  role: Role
  tenantIds: string[]
}

/** What the identity provider's claims say about roles. */
export interface ClaimedRoles {
  /** `groups`, or a path such as `realm_access.roles`. */
  claim: string
  rules: RoleRule[]
}

export type Claims = Record<string, unknown>

/** The strongest of the roles in each tenant; none when no rule fits. */
export function grantsFrom(claims: Claims, { claim, rules }: ClaimedRoles): Grant[] {
  const values = valuesOf(claims, claim)
  const fitting = rules.filter(({ value }) => values.includes(value))
  const tenantIds = [...new Set(fitting.flatMap((rule) => rule.tenantIds))]
  return tenantIds.map((tenantId) => ({
    tenantId,
    role: ROLES.findLast((role) => fitting.some((rule) => rule.role === role && rule.tenantIds.includes(tenantId))) ?? 'viewer',
  }))
}

/** Some providers have dots in a claim's name, others put claims into claims. */
function valuesOf(claims: Claims, claim: string): unknown[] {
  const within = (value: unknown, key: string): unknown => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined)
  const value = within(claims, claim) ?? claim.split('.').reduce(within, claims as unknown)
  return Array.isArray(value) ? value : [value]
}

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null

/** One rule each: `value=role` for the tenants that are allowed, `value=role@tenant` for one of them. */
export function parseRules(texts: string[], allowed: string[]): { rules: RoleRule[] } | { fault: string } {
  const rules: RoleRule[] = []
  for (const text of texts) {
    const [, value = '', name, tenantId] = /^(.+)=\s*([a-z]+)\s*(?:@\s*(\S+))?$/.exec(text) ?? []
    const role = ROLES.find((each) => each === name)
    if (role === undefined) return { fault: `${JSON.stringify(text)} must be such as bank-operators=operator or bank-operators=operator@bank-a; roles: ${ROLES.join(', ')}` }
    const tenantIds = tenantId === undefined ? allowed : [tenantId]
    const beyond = tenantIds.find((id) => !allowed.includes(id) && !allowed.includes(EVERY_TENANT))
    if (beyond !== undefined) return { fault: `${JSON.stringify(text)} gives a role in ${beyond}, which HERALD_OIDC_TENANTS does not name` }
    rules.push({ value: value.trim(), role, tenantIds })
  }
  return { rules }
}
