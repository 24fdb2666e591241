/**
 * What a caller may do: `read` shows event data and answers masked, `data` as they are; `erase` removes what is
 * known of an entity; `reveal` shows signing secrets again; `access` gives keys and users access to its tenant;
 * `admin` may do everything, in every tenant.
 */
export const SCOPES = ['publish', 'read', 'data', 'manage', 'retry', 'erase', 'reveal', 'access', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Whether event data and answers are shown as they are. */
export const seesData = (scopes: readonly Scope[]): boolean => scopes.includes('data') || scopes.includes('admin')

export interface ApiKey {
  id: string
  tenantId: string
  name: string
  scopes: Scope[]
  createdAt: Date
  /** The user or the API key that made it, or `admin`; not kept of older ones. */
  createdBy?: string
  /** The key that it was made to take the place of. */
  rotatedFrom?: string
  /** When another one was made to take its place. */
  rotatedAt?: Date
  /** None: it holds until it is revoked. */
  expiresAt?: Date
  /** To the minute. */
  lastUsedAt?: Date
  revokedAt?: Date
}
