import type { Filter } from './filter'
import type { Unverified } from './ownership'
import type { RateLimit } from './rate-limit'
import type { OnExhausted, Ordering } from './ordering'
import type { RetryPolicy } from './retry-policy'
import type { RetiringSecret } from './signing-secrets'

/** `paused` by a person and `suspended` by Herald hold deliveries; `disabled` receives no new ones. */
export const WEBHOOK_STATUSES = ['active', 'paused', 'suspended', 'disabled'] as const
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number]

/** HTTP Basic (RFC 7617): the user name has no colon, both are sent as UTF-8. */
export interface BasicAuth {
  type: 'basic'
  username: string
  password: string
}

/** A token that does not change by itself (RFC 6750). */
export interface BearerAuth {
  type: 'bearer'
  token: string
}

/** OAuth 2.0 client credentials (RFC 6749, 4.4): Herald gets tokens from `tokenUrl`, and sends them as a bearer. */
export interface OAuth2Auth {
  type: 'oauth2'
  tokenUrl: string
  clientId: string
  clientSecret: string
  scope?: string
  audience?: string
  /** How the client shows its secret; `basic` when not given. */
  clientAuthentication?: 'basic' | 'body'
}

/** How a webhook shows itself in the header `authorization`. */
export type ReceiverAuth = BasicAuth | BearerAuth | OAuth2Auth

/** Of Standard Webhooks: `v1` with a secret that both sides know, `v1a` with a private key that Herald alone has. */
export const SIGNATURE_KINDS = ['v1', 'v1a'] as const
export type SignatureKind = (typeof SIGNATURE_KINDS)[number]

/** With which a webhook shows itself to its receiver (mutual TLS). Both PEM; those that vouch for it may follow the certificate. */
export interface ClientCertificate {
  certificate: string
  privateKey: string
}

/** What a webhook hides: never answered, logged or put into a workflow history. */
export interface WebhookSecrets {
  signingSecrets: string[]
  /** Those that were replaced, the newest first; some may have ended. */
  retiring?: RetiringSecret[]
  /** The private key (`whsk_…`) of `v1a`; none where that was never asked for. */
  signingKeys?: string[]
  retiringKeys?: RetiringSecret[]
  auth?: ReceiverAuth
  headers?: Record<string, string>
  clientCertificate?: ClientCertificate
}

export interface Webhook {
  id: string
  tenantId: string
  url: string
  description?: string
  /** Event IDs (numbers) that it asked for. */
  eventTypes: number[]
  /** Of those, only what it lets through. */
  filter?: Filter
  /** With what its POSTs are signed; `v1` when not given. */
  signatures?: SignatureKind[]
  status: WebhookStatus
  retry: RetryPolicy
  timeoutMs: number
  /** False: it is not suspended, however long it fails. */
  autoSuspend?: boolean
  rateLimit?: RateLimit
  /** Requests at once, over all processes; without it, as many as Herald allows any webhook. */
  maxInFlight?: number
  /** Who resumed it, where a person did: what was held is released in this name, whoever comes to do it. */
  resumedBy?: string
  /** The receiver has asked with `Retry-After` for no POST before. May have passed. */
  retryAfterUntil?: Date
  /** Events with the same key arrive in publish order, one at a time. */
  ordering?: Ordering
  /** `block` when not given. */
  onExhausted?: OnExhausted
  /** Its endpoint has not answered a challenge yet. */
  unverified?: Unverified
  createdAt: Date
  updatedAt: Date
}

/** How a webhook came into its status. */
export interface StatusChange {
  status: WebhookStatus
  /** One of few and short ones: digests count by it. */
  reason: string
  at: Date
}

/** A webhook with what it hides, as a POST needs it. */
export interface OpenWebhook extends Webhook {
  secrets: WebhookSecrets
  /** They as they are stored: tells whether they are still the same. */
  sealed?: string
  /** What it hides could not be opened: `secrets` is empty, and it is never `active`. */
  secretsLost?: true
}

/** Seals secrets for storage; `context` (tenant, webhook and field) binds them to their owner. */
export interface Sealer {
  seal: (plain: string, context: string) => string
  open: (sealed: string, context: string) => string
  /** Id of the key that seals; it says nothing about the key. */
  keyId: string
  /** Of the keys that open. */
  keyIds: string[]
}
