/** What a key may do: `admin` may do everything, in every tenant. */
export const SCOPES = ['publish', 'read', 'manage', 'retry', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export interface ApiKey {
  id: string
  tenantId: string
  name: string
  scopes: Scope[]
  createdAt: Date
  revokedAt?: Date
}
