import { Schema, type Connection, type Model, type mongo } from 'mongoose'
import type { AuditLine } from '../domain/audit'
import type { ApiKey } from '../domain/api-key'
import type { Approval } from '../domain/approval'
import { FINAL_STATUSES, type Delivery, type DeliveryStatus } from '../domain/delivery'
import type { Erasure } from '../domain/erasure'
import type { HeraldEvent } from '../domain/event'
import type { EventType } from '../domain/event-types'
import type { Release } from '../domain/release'
import type { LegalHold } from '../domain/legal-hold'
import type { Tenant } from '../domain/tenant'
import type { Identity, User } from '../domain/user'
import type { StatusChange, Webhook } from '../domain/webhook'
import type { StoredAttempt } from './attempts'
import type { BacklogRecord } from './backlogs'
import type { DigestRecord, MailRecord } from './digests'
import type { OneTimeLink } from './one-time-links'
import { SCHEDULE } from './schedule'
import type { SavedViewRecord } from './saved-views'
import type { Session } from './sessions'
import type { TallyProgressRecord, TallyRecord } from './tallies'
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

/** What every record of Herald's has. */
type Keyed = mongo.Document & { _id: string }

/** The driver's own collections, for what runs at every event: mongoose's queries cost more than they give there. */
export interface Hot {
  events: mongo.Collection<EventRecord>
  webhooks: mongo.Collection<WebhookRecord>
  deliveries: mongo.Collection<DeliveryRecord>
  attempts: mongo.Collection<StoredAttempt>
  failing: mongo.Collection<FailingRecord>
  members: mongo.Collection<MemberRecord>
  turnsTaken: mongo.Collection<TurnsTakenRecord>
  digests: mongo.Collection<DigestRecord>
  mails: mongo.Collection<MailRecord>
  /** Writes to several collections in one command (`bulkWrite` of MongoDB 8). */
  bulk: (writes: mongo.AnyClientBulkWriteModel<Keyed>[]) => Promise<mongo.ClientBulkWriteResult>
  tallies: mongo.Collection<TallyRecord>
  tallyProgress: mongo.Collection<TallyProgressRecord>
  backlogs: mongo.Collection<BacklogRecord>
  dataKeys: mongo.Collection<DataKeyRecord>
}

export interface Models {
  hot: Hot
  events: Model<EventRecord>
  webhooks: Model<WebhookRecord>
  deliveries: Model<DeliveryRecord>
  attempts: Model<StoredAttempt>
  apiKeys: Model<ApiKeyRecord>
  users: Model<UserRecord>
  sessions: Model<SessionRecord>
  oneTimeLinks: Model<OneTimeLinkRecord>
  savedViews: Model<SavedViewRecord>
  /** Written by the library that counts in it. */
  throttles: Model<unknown>
  releases: Model<ReleaseRecord>
  erasures: Model<ErasureRecord>
  failing: Model<FailingRecord>
  members: Model<MemberRecord>
  tenants: Model<TenantRecord>
  eventTypes: Model<EventTypeRecord>
  sentinels: Model<SentinelRecord>
  legalHolds: Model<LegalHoldRecord>
  retentionCursors: Model<RetentionCursorRecord>
  turns: Model<TurnRecord>
  turnsTaken: Model<TurnsTakenRecord>
  approvals: Model<ApprovalRecord>
  auditLines: Model<AuditRecord>
  auditHeads: Model<AuditHeadRecord>
  auditOpen: Model<AuditOpenRecord>
  digests: Model<DigestRecord>
  mails: Model<MailRecord>
  tallies: Model<TallyRecord>
  tallyProgress: Model<TallyProgressRecord>
  backlogs: Model<BacklogRecord>
  dataKeys: Model<DataKeyRecord>
}

/** The shapes are the compiler's business; mongoose declares the collections and their indexes. An empty filter is one, too. */
const open = () => new Schema({ _id: Schema.Types.Mixed }, { strict: false, versionKey: false, _id: false, minimize: false })

/** MongoDB removes what is marked once the time of the mark is there; what is not marked costs nothing. */
const leaving = (schema: Schema): Schema =>
  schema.index({ removeAt: 1 }, { expireAfterSeconds: 0, partialFilterExpression: { removeAt: { $exists: true } } })

function eventSchema(): Schema {
  return leaving(open())
    .index({ tenantId: 1, createdAt: -1, _id: -1 })
    .index({ tenantId: 1, entityId: 1, createdAt: -1, _id: -1 })
    .index({ tenantId: 1, typeId: 1, createdAt: -1, _id: -1 })
    .index({ leaseUntil: 1 }, { partialFilterExpression: { leaseUntil: { $exists: true } } })
    .index(
      { starter: 1, leaseUntil: 1 },
      { name: 'scheduled', partialFilterExpression: { starter: SCHEDULE, leaseUntil: { $exists: true } } },
    )
    .index(
      { tenantId: 1, orderingKey: 1, leaseUntil: 1 },
      { name: 'undispatched', partialFilterExpression: { leaseUntil: { $exists: true } } },
    )
    .index({ lookAgainAt: 1 }, { partialFilterExpression: { lookAgainAt: { $exists: true } } })
}

function webhookSchema(): Schema {
  return open()
    .index({ tenantId: 1, eventTypes: 1 })
    .index({ tenantId: 1, deletedAt: 1, _id: -1 })
    .index({ uncancelled: 1 }, { partialFilterExpression: { uncancelled: true } })
    .index({ retimeUntil: 1 }, { partialFilterExpression: { retimeUntil: { $exists: true } } })
    .index({ 'untold.at': 1 }, { partialFilterExpression: { 'untold.at': { $exists: true } } })
}

function userSchema(): Schema {
  return open()
    .index({ emailKey: 1 }, { unique: true })
    .index({ 'grants.tenantId': 1, _id: -1 })
    .index(
      { 'identity.issuer': 1, 'identity.subject': 1 },
      { name: 'identity', unique: true, partialFilterExpression: { 'identity.subject': { $exists: true } } },
    )
}

/** Of an ordered webhook, that for which a key may not wait any more. */
export const THROUGH: DeliveryStatus[] = [...FINAL_STATUSES, 'parked']

function deliverySchema(): Schema {
  return leaving(open())
    .index({ tenantId: 1, eventId: 1 })
    .index({ tenantId: 1, status: 1, _id: -1 })
    .index({ tenantId: 1, webhookId: 1, status: 1, _id: -1 })
    .index({ tenantId: 1, typeId: 1, status: 1, _id: -1 })
    .index(
      { tenantId: 1, _id: -1 },
      { name: 'expiring', partialFilterExpression: { status: 'parked', expiryNoticedAt: { $exists: true } } },
    )
    // What was delivered at once, as most is, has no entry.
    .index(
      { tenantId: 1, 'lastOutcome.kind': 1, 'lastOutcome.reason': 1, status: 1, _id: -1 },
      { name: 'failed', partialFilterExpression: { 'lastOutcome.kind': { $in: ['failed', 'blocked'] } } },
    )
    .index({ workflowId: 1 })
    .index({ untold: 1, updatedAt: 1 }, { partialFilterExpression: { untold: { $exists: true } } })
    .index(
      // No field that changes at each attempt, and nothing that is in a queue: attempts rewrite no index.
      { status: 1, _id: 1 },
      { name: 'under_way', partialFilterExpression: { status: { $in: ['pending', 'retrying'] }, queue: null } },
    )
    .index(
      { expireAt: 1 },
      {
        name: 'expire_at',
        partialFilterExpression: { expireAt: { $exists: true }, status: { $in: ['pending', 'retrying', 'parked', 'held'] } },
      },
    )
    .index({ parkings: 1 }, { name: 'parkings', partialFilterExpression: { parkings: { $exists: true } } })
    .index({ _id: 1, status: 1 }, { name: 'parked', partialFilterExpression: { status: 'parked' } })
    .index({ webhookId: 1, _id: 1 }, { name: 'held', partialFilterExpression: { status: 'held' } })
    .index(
      { webhookId: 1, queue: 1, nextAttemptAt: 1, _id: 1 },
      { name: 'due', partialFilterExpression: { queue: { $exists: true } } },
    )
    .index({ releaseId: 1, status: 1, queue: 1, webhookId: 1 }, { name: 'of_release', partialFilterExpression: { releaseId: { $exists: true } } })
    // Of an ordered webhook, what is through and marks a line that has something to do.
    .index(
      { webhookId: 1, status: 1, turn: 1 },
      { name: 'through', partialFilterExpression: { turn: { $exists: true }, status: { $in: THROUGH } } },
    )
    // Found along this index alone: webhook, key, and the order within it.
    .index({ webhookId: 1, orderingKey: 1, turn: 1 }, { name: 'lines', partialFilterExpression: { turn: { $exists: true } } })
}

/** Declares every collection on a connection; `init` makes the indexes. */
export function createModels(connection: Connection): Models {
  const model = <T>(name: string, schema: Schema): Model<T> =>
    connection.model(name, schema, name) as unknown as Model<T>
  const hot = <T extends mongo.Document>(name: string): mongo.Collection<T> =>
    connection.getClient().db(connection.name).collection<T>(name)
  return {
    hot: {
      events: hot('events'),
      webhooks: hot('webhooks'),
      deliveries: hot('deliveries'),
      attempts: hot('attempts'),
      failing: hot('failing'),
      members: hot('members'),
      turnsTaken: hot('turnsTaken'),
      digests: hot('digests'),
      mails: hot('mails'),
      bulk: (writes) => connection.getClient().bulkWrite<Record<string, Keyed>>(writes),
      tallies: hot('tallies'),
      tallyProgress: hot('tallyProgress'),
      backlogs: hot('backlogs'),
      dataKeys: hot('dataKeys'),
    },
    events: model('events', eventSchema()),
    webhooks: model('webhooks', webhookSchema()),
    deliveries: model('deliveries', deliverySchema()),
    // People find them by key alone, delivery and number; what counts them, by the time of their insert.
    attempts: model('attempts', leaving(open()).index({ recordedAt: 1 })),
    apiKeys: model('apiKeys', open().index({ tenantId: 1, _id: -1 })),
    users: model('users', userSchema()),
    sessions: model(
      'sessions',
      open()
        .index({ idleAt: 1 }, { expireAfterSeconds: 0 })
        .index({ userId: 1 })
        .index({ 'link.linkId': 1 }, { partialFilterExpression: { link: { $exists: true } } }),
    ),
    oneTimeLinks: model('oneTimeLinks', open().index({ expiresAt: 1 }, { expireAfterSeconds: 0 })),
    savedViews: model('savedViews', open().index({ userId: 1, tenantId: 1, name: 1 }, { unique: true })),
    throttles: model('throttles', open().index({ key: 1 }, { unique: true }).index({ expire: 1 }, { expireAfterSeconds: 0 })),
    // Of a webhook that is gone, the record goes by itself.
    failing: model('failing', open().index({ updatedAt: 1 }, { expireAfterSeconds: 30 * 24 * 3_600 })),
    members: model('members', open().index({ seenAt: 1 }, { expireAfterSeconds: 3_600 })),
    releases: model(
      'releases',
      open()
        .index({ tenantId: 1, _id: -1 })
        .index(
          { tenantId: 1, 'filter.webhookId': 1 },
          {
            name: 'resuming',
            unique: true,
            partialFilterExpression: { action: 'resume', 'filter.webhookId': { $exists: true }, status: { $in: ['running', 'paused'] } },
          },
        )
        .index({ status: 1 }, { name: 'open', partialFilterExpression: { status: { $in: ['running', 'paused'] } } }),
    ),
    erasures: model(
      'erasures',
      open()
        .index({ tenantId: 1, _id: -1 })
        .index({ tenantId: 1, entityId: 1 }, { name: 'running', unique: true, partialFilterExpression: { status: 'running' } }),
    ),
    tenants: model('tenants', open()),
    eventTypes: model('eventTypes', open().index({ name: 1 }, { unique: true })),
    sentinels: model('sentinels', open()),
    legalHolds: model('legalHolds', open().index({ tenantId: 1, createdAt: -1, _id: -1 }).index({ createdAt: 1 })),
    retentionCursors: model('retentionCursors', open()),
    turns: model('turns', open()),
    // No two turns are farther apart than a minute.
    turnsTaken: model('turnsTaken', open().index({ at: 1 }, { expireAfterSeconds: 3_600 })),
    approvals: model('approvals', leaving(open()).index({ tenantId: 1, _id: -1 }).index({ tenantId: 1, status: 1, _id: -1 }).index({ tenantId: 1, targets: 1, _id: -1 })),
    auditLines: model(
      'auditLines',
      open()
        .index({ tenantId: 1, _id: -1 })
        .index({ tenantId: 1, target: 1, _id: -1 })
        .index({ begun: 1 }, { partialFilterExpression: { begun: { $exists: true } } }),
    ),
    auditHeads: model('auditHeads', open()),
    auditOpen: model('auditOpen', open().index({ tenantId: 1, _id: -1 })),
    digests: model('digests', open().index({ since: 1 }).index({ tenantId: 1, count: -1, _id: 1 })),
    mails: model('mails', open()),
    tallies: model('tallies', leaving(open()).index({ tenantId: 1, webhookId: 1, span: 1, at: 1 }).index({ span: 1, at: 1 })),
    tallyProgress: model('tallyProgress', open()),
    backlogs: model('backlogs', leaving(open()).index({ tenantId: 1, at: -1 })),
    dataKeys: model('dataKeys', open().index({ tenantId: 1, number: -1 })),
  }
}
