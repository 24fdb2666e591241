import type { Connection, Model, Schema, mongo } from 'mongoose'
import type { StoredAttempt } from './attempts'
import type { BacklogRecord } from './backlogs'
import type { DigestRecord, MailRecord } from './digests'
import type { ApiKeyRecord, ApprovalRecord, AuditHeadRecord, AuditOpenRecord, AuditRecord, DataKeyRecord, DeliveryRecord, ErasureRecord, EventRecord, EventTypeRecord, FailingRecord, LegalHoldRecord, MemberRecord, OneTimeLinkRecord, ReleaseRecord, RetentionCursorRecord, SentinelRecord, SessionRecord, TenantRecord, TurnRecord, TurnsTakenRecord, UserRecord, WebhookRecord } from './records'
import type { SavedViewRecord } from './saved-views'
import { deliverySchema, eventSchema, leaving, open, userSchema, webhookSchema } from './schemas'
import { FAILURES_INDEX, type TallyProgressRecord, type TallyRecord } from './tallies'

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
  /** For what begins with documents of the caller's own (`$documents`). */
  aggregate: <T extends mongo.Document>(stages: mongo.Document[]) => mongo.AggregationCursor<T>
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
      aggregate: <T extends mongo.Document>(stages: mongo.Document[]) => connection.getClient().db(connection.name).aggregate<T>(stages),
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
        .index({ tenantId: 1, entityId: 1 }, { name: 'running', unique: true, partialFilterExpression: { status: 'running' } })
        .index({ updatedAt: 1 }),
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
        .index({ tenantId: 1, 'actor.id': 1, _id: -1 })
        .index({ tenantId: 1, action: 1, _id: -1 })
        .index({ tenantId: 1, from: 1, _id: -1 })
        .index({ tenantId: 1, at: 1 })
        .index({ begun: 1 }, { partialFilterExpression: { begun: { $exists: true } } }),
    ),
    auditHeads: model('auditHeads', open()),
    auditOpen: model('auditOpen', open().index({ tenantId: 1, _id: -1 })),
    digests: model('digests', open().index({ since: 1 }).index({ tenantId: 1, count: -1, _id: 1 })),
    mails: model('mails', open()),
    tallies: model('tallies', leaving(open()).index({ tenantId: 1, webhookId: 1, span: 1, at: 1 }).index(FAILURES_INDEX, { partialFilterExpression: { failed: { $gt: 0 } } }).index({ span: 1, at: 1 })),
    tallyProgress: model('tallyProgress', open()),
    backlogs: model('backlogs', leaving(open()).index({ tenantId: 1, at: -1 })),
    dataKeys: model('dataKeys', open().index({ tenantId: 1, number: -1 })),
  }
}
