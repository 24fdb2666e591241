export const DEFAULT_TENANT = 'default'

/** Becomes part of workflow ids and record ids, so it has no `/`. */
export const TENANT_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/

const DAY_MS = 86_400_000

export interface Tenant {
  id: string
  name: string
  createdAt: Date
  /** How long a parked delivery waits for a person before it expires. */
  parkedForMs: number
  /** How long before that the notice is given. */
  expiryNoticeMs: number
  /** How long an event stays, with its deliveries and attempts, after its last delivery is final. */
  retentionMs: number
  /** Since then its keys and users are refused; what was accepted before is delivered. */
  suspendedAt?: Date
  /** Since then nothing of the tenant is removed. */
  legalHoldSince?: Date
  /** Changes of webhooks' URLs, credentials and secrets wait for a second person. */
  fourEyes?: boolean
  /** A webhook with a new URL is held until its endpoint has answered a challenge. */
  ownershipCheck?: boolean
  /** Who gets its digests; else whoever the settings name. */
  notifyEmails?: string[]
}

export const PARKED_FOR = { defaultMs: 30 * DAY_MS, minMs: 1_000, maxMs: 365 * DAY_MS } as const
export const EXPIRY_NOTICE = { defaultMs: 3 * DAY_MS } as const
/** No less than a day, so that whatever still speaks of an event finds it. */
export const RETENTION = { defaultMs: 90 * DAY_MS, minMs: DAY_MS, maxMs: 3_650 * DAY_MS } as const
