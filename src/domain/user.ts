import { SCOPES, type Scope } from './api-key'
import { DEFAULT_TENANT } from './tenant'

/** From the weakest to the strongest: each may do what the ones before may. */
export const ROLES = ['viewer', 'operator', 'administrator'] as const
export type Role = (typeof ROLES)[number]

/** In a grant, for the tenants that there are and those to come. No tenant has this id. */
export const EVERY_TENANT = '*'

export interface Grant {
  tenantId: string
  role: Role
}

/** Somebody's account at an identity provider: its `sub` there, which never changes. */
export interface Identity {
  issuer: string
  subject: string
  /** The provider has checked that the user's address is theirs. */
  ownsAddress?: boolean
}

export const USER_STATUSES = ['invited', 'active', 'disabled'] as const
export type UserStatus = (typeof USER_STATUSES)[number]

export interface User {
  id: string
  /** As it was typed; unique whatever its case. */
  email: string
  name: string
  grants: Grant[]
  /** `invited` until there is a password, or an account at the identity provider. */
  status: UserStatus
  /** Whether signing in takes a code of an authenticator app. */
  totp: boolean
  /** Whether they sign in by the identity provider; who does has no password here. */
  singleSignOn: boolean
  /** Goes up whenever all sessions end: what was proven before holds no more. */
  generation: number
  createdAt: Date
  /** Who has invited them: a user, an API key, or `admin`; else the way by which they came. */
  createdBy?: string
  lastSignInAt?: Date
}

const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'data', 'retry'],
  administrator: ['read', 'data', 'retry', 'publish', 'manage', 'erase', 'reveal', 'access'],
}

/** The strongest of the roles that hold in the tenant; none when the tenant is not theirs. */
export function roleIn(grants: readonly Grant[], tenantId: string): Role | undefined {
  const held = grants.filter((grant) => grant.tenantId === tenantId || grant.tenantId === EVERY_TENANT)
  return ROLES.findLast((role) => held.some((grant) => grant.role === role))
}

export const hasEveryTenant = (grants: readonly Grant[]): boolean => grants.some(({ tenantId }) => tenantId === EVERY_TENANT)

/** An administrator of every tenant is one of the installation. */
export const isInstallationAdministrator = (grants: readonly Grant[]): boolean =>
  grants.some(({ tenantId, role }) => tenantId === EVERY_TENANT && role === 'administrator')

/** What they may do in the tenant. */
export function scopesIn(grants: readonly Grant[], tenantId: string): readonly Scope[] {
  if (isInstallationAdministrator(grants)) return SCOPES
  const role = roleIn(grants, tenantId)
  return role ? ROLE_SCOPES[role] : []
}

/** The tenant that they see first. */
export const homeTenant = (grants: readonly Grant[]): string =>
  grants.find(({ tenantId }) => tenantId !== EVERY_TENANT)?.tenantId ?? DEFAULT_TENANT

/** By which one account is told from another. */
export const emailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase()
