import type { mongo } from 'mongoose'
import type { AuditLine } from '../domain/audit'
import type { ApiKey } from '../domain/api-key'
import type { Approval } from '../domain/approval'
import type { Delivery } from '../domain/delivery'
import type { Erasure } from '../domain/erasure'
import type { HeraldEvent } from '../domain/event'
import type { EventType } from '../domain/event-types'
import type { Release } from '../domain/release'
import type { LegalHold } from '../domain/legal-hold'
import type { Tenant } from '../domain/tenant'
import type { Identity, User } from '../domain/user'
import type { StatusChange, Webhook } from '../domain/webhook'
import type { OneTimeLink } from './one-time-links'
import type { Session } from './sessions'
import type { Kept } from './vaults'

/** A record is the domain's thing with its id as MongoDB's key. */
export type Stored<T extends { id: unknown }> = Omit<T, 'id'> & { _id: T['id'] }

export type EventRecord = Omit<HeraldEvent, 'id' | 'sequence' | 'data'> & {
  /** Tenant and event id. */
  _id: string
  eventId: string
  /** Sealed with a key of the tenant; gone when it was erased. */
  data?: Kept
  /** MongoDB's own logical time of the insert. */
  sequence?: mongo.Timestamp
  /** Over type and bytes, keyed as `data` is: the same id with another body is a conflict. Gone when it was erased. */
  hash?: string
  /** Who has the lease. */
  starter: string
  /** Until then somebody takes care of it; afterwards the sweeper does. Gone once dispatched. */
  leaseUntil?: Date
  workflowId?: string
  dispatchedAt?: Date
  /** Taken out of the schedule before its time. */
  cancelledAt?: Date
  /** Since then its data is gone, and its deliveries are being cancelled: it is not delivered again. */
  erasedAt?: Date
  /** The erasure that did it. */
  erasure?: string
  /** When retention looks at it again: its first look found that it has to stay. */
  lookAgainAt?: Date
  /** Set shortly before it leaves, a little earlier than that of its deliveries. */
  removeAt?: Date
}
export type WebhookRecord = Stored<Webhook> & {
  sealed: string
  deletedAt?: Date
  /** Of a deleted one: its deliveries may not all be cancelled yet. */
  uncancelled?: true
  /** Its policy has changed: what waits gets its next attempt by it, looked at again and again until then. */
  retimeUntil?: Date
  /** What has become of it and was not yet reported: written with the status, so that no crash comes between. */
  untold?: StatusChange[]
}
export type DeliveryRecord = Stored<Delivery> & {
  /** When it was parked, each time. */
  parkings?: Date[]
}
export interface FailingRecord {
  /** The webhook's. */
  _id: string
  tenantId: string
  since: Date
  failures: number
  probes?: number
  nextProbeAt?: Date
  updatedAt: Date
}
/** A process that makes POSTs. */
export interface MemberRecord {
  _id: string
  seenAt: Date
  /** It can open what tenants' data keys have sealed: an older Herald cannot. */
  opensData?: true
}
/** One of a tenant's keys, sealed by the key ring. */
export interface DataKeyRecord {
  _id: string
  tenantId: string
  number: number
  sealed: string
  createdAt: Date
}
export type ReleaseRecord = Stored<Release>
export type ErasureRecord = Stored<Erasure>
export type ApiKeyRecord = Stored<ApiKey> & {
  hash: string
  /** Not of keys from before `data` was a scope of its own: what they read, they go on reading. */
  dataApart?: true
}
export type UserRecord = Stored<Omit<User, 'status' | 'totp' | 'singleSignOn' | 'generation'>> & {
  generation?: number
  /** The address in the one form by which it is unique. */
  emailKey: string
  createdBy: string
  disabledAt?: Date
  passwordHash?: string
  identity?: Identity
  sealedTotp?: string
  pendingTotp?: string
  /** The time step of the last code that was used (RFC 6238). */
  totpCounter?: number
  recoveryHashes?: string[]
}
export type SessionRecord = Stored<Session>
export type OneTimeLinkRecord = Stored<OneTimeLink>
export type TenantRecord = Stored<Omit<Tenant, 'retentionMs'>> & Partial<Pick<Tenant, 'retentionMs'>>
/** A fixed text, sealed: what is sealed in this MongoDB opens with the key that opens it. */
export interface SentinelRecord {
  _id: string
  sealed: string
}
/** Added to and never changed. */
export type AuditRecord = AuditLine & { _id: string }
/** A line whose change has no end on record yet. */
export interface AuditOpenRecord {
  /** The line's. */
  _id: string
  tenantId: string
}
/** The highest number that a tenant's book has had. */
export interface AuditHeadRecord {
  _id: string
  number: number
}
export type ApprovalRecord = Stored<Approval> & {
  /** What is done when it is approved; gone once it is decided. */
  sealed?: string
  removeAt: Date
}
export type LegalHoldRecord = LegalHold & { _id: string }
/** How far retention has looked at a tenant's events. */
export interface RetentionCursorRecord {
  _id: string
  /** Time and key of the last event that it looked at, as text that sorts like them. */
  cursor: string
}
/** Which job of all processes has been done by one of them lately. */
export interface TurnRecord {
  _id: string
  until: Date
}
export interface TurnsTakenRecord {
  /** The webhook's. */
  _id: string
  at: Date
}
export type EventTypeRecord = Stored<EventType> & { jsonSchema?: string; createdAt: Date }
