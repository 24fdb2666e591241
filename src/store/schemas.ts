import { Schema } from 'mongoose'
import { FINAL_STATUSES, type DeliveryStatus } from '../domain/delivery'
import { SCHEDULE } from './schedule'

/** The shapes are the compiler's business; mongoose declares the collections and their indexes. An empty filter is one, too. */
export const open = () => new Schema({ _id: Schema.Types.Mixed }, { strict: false, versionKey: false, _id: false, minimize: false })

/** MongoDB removes what is marked once the time of the mark is there; what is not marked costs nothing. */
export const leaving = (schema: Schema): Schema =>
  schema.index({ removeAt: 1 }, { expireAfterSeconds: 0, partialFilterExpression: { removeAt: { $exists: true } } })

export function eventSchema(): Schema {
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

export function webhookSchema(): Schema {
  return open()
    .index({ tenantId: 1, eventTypes: 1 })
    .index({ tenantId: 1, deletedAt: 1, _id: -1 })
    .index({ uncancelled: 1 }, { partialFilterExpression: { uncancelled: true } })
    .index({ retimeUntil: 1 }, { partialFilterExpression: { retimeUntil: { $exists: true } } })
    .index({ 'untold.at': 1 }, { partialFilterExpression: { 'untold.at': { $exists: true } } })
}

export function userSchema(): Schema {
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

export function deliverySchema(): Schema {
  return leaving(open())
    .index({ tenantId: 1, eventId: 1 })
    .index({ tenantId: 1, status: 1, _id: -1 })
    .index({ tenantId: 1, webhookId: 1, status: 1, _id: -1 })
    .index({ tenantId: 1, typeId: 1, status: 1, _id: -1 })
    // Of a big webhook and a frequent type, what both have in common may be nothing.
    .index({ webhookId: 1, typeId: 1, _id: -1 })
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
