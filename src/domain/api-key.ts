/** What a caller may do: `access` gives keys and users access to its tenant; `admin` may do everything, in every tenant. */
export const SCOPES = ['publish', 'read', 'manage', 'retry', 'access', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export interface ApiKey {
  id: string
  tenantId: string
  name: string
  scopes: Scope[]
  createdAt: Date
  /** The user or the API key that made it, or `admin`; not kept of older ones. */
  createdBy?: string
  revokedAt?: Date
}
