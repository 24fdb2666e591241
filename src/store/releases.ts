import type { Delivery, DeliveryStatus } from '../domain/delivery'
import { UNDER_WAY } from '../domain/delivery'
import { firstDeliveryId } from '../domain/ids'
import { RELEASED_FROM, type Release, type ReleaseAction, type ReleaseFilter, type ReleaseStatus } from '../domain/release'
import { NOT_PARKED, toDelivery } from './deliveries'
import type { DeliveryRecord, Models, ReleaseRecord } from './models'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export type ReleaseCounts = Partial<Record<DeliveryStatus, number>>

export interface ReleaseStore {
  insert: (release: Release) => Promise<void>
  get: (tenantId: string, id: string) => Promise<Release | undefined>
  /** Newest first. */
  list: (tenantId: string, request: PageRequest) => Promise<Page<Release>>
  /** Moves the status when it is one of `from`; answers whether it did. */
  setStatus: (tenantId: string, id: string, from: ReleaseStatus[], to: ReleaseStatus) => Promise<boolean>
  /** Every release, of all tenants, that has not ended. */
  open: () => Promise<Release[]>
  /** Whether a resume of the webhook is under way. */
  isResuming: (tenantId: string, webhookId: string) => Promise<boolean>
  /** How many deliveries a release would be about. */
  count: (tenantId: string, action: ReleaseAction, filter: ReleaseFilter) => Promise<number>
  /** The next ones that it is about, oldest first. */
  next: (release: Release, limit: number) => Promise<Delivery[]>
  /** Moves those of `deliveries` that still stand as they did, and remembers how far the release has come. */
  move: (release: Release, deliveries: Delivery[]) => Promise<void>
  /** Of those that it has moved: how many are under way, `limit` at most. */
  underWay: (release: Release, limit: number) => Promise<number>
  /** Of those that it has moved: how they stand. */
  counts: (release: Release) => Promise<ReleaseCounts>
}

const ENDED: ReleaseStatus[] = ['finished', 'cancelled']

const toRelease = ({ _id, ...rest }: ReleaseRecord): Release => ({ id: _id, ...rest })

export function createReleaseStore({ releases, deliveries, hot }: Models): ReleaseStore {
  const moved = ({ tenantId, id }: Release) => scoped(tenantId, { releaseId: id })

  async function counts(release: Release): Promise<ReleaseCounts> {
    const groups = await deliveries.aggregate<{ _id: DeliveryStatus; count: number }>([
      { $match: moved(release) },
      { $group: { _id: '$status', count: { $sum: 1 } } },
    ])
    return Object.fromEntries(groups.map(({ _id, count }) => [_id, count]))
  }

  return {
    insert: async ({ id, ...release }) => {
      await releases.create({ _id: id, ...release })
    },
    get: async (tenantId, id) => {
      const record = await releases.findOne(scoped(tenantId, { _id: id })).lean<ReleaseRecord>()
      return record ? toRelease(record) : undefined
    },
    list: (tenantId, request) => page(releases, scoped(tenantId, {}), request, toRelease),
    setStatus: async (tenantId, id, from, status) => {
      const record = await releases.findOne(scoped(tenantId, { _id: id, status: { $in: from } })).lean<ReleaseRecord>()
      if (!record) return false
      const now = new Date()
      const end = ENDED.includes(status) ? { endedAt: now, outcome: await counts(toRelease(record)) } : {}
      const { modifiedCount } = await releases.updateOne(
        scoped(tenantId, { _id: id, status: { $in: from } }),
        { $set: { status, updatedAt: now, ...end } },
      )
      return modifiedCount === 1
    },
    open: async () => (await releases.find({ status: { $in: ['running', 'paused'] } }).lean<ReleaseRecord[]>()).map(toRelease),
    isResuming: async (tenantId, webhookId) =>
      (await releases.exists(scoped(tenantId, { action: 'resume', 'filter.webhookId': webhookId, status: { $in: ['running', 'paused'] } }))) !== null,
    count: (tenantId, action, filter) => deliveries.countDocuments(scoped(tenantId, condition(action, filter))),
    next: async ({ tenantId, action, filter, cursor, createdAt }, limit) => {
      const conditions = [
        condition(action, filter),
        ...(cursor === undefined ? [] : [{ _id: { $gt: cursor } }]),
        // What parks again, or parks meanwhile, is not what was asked for.
        ...(action === 'retry' ? [{ parkedAt: { $lte: createdAt } }] : []),
      ]
      const found = deliveries.find(scoped(tenantId, { $and: conditions }), null, { sort: { _id: 1 }, limit })
      return (await found.lean<DeliveryRecord[]>()).map(toDelivery)
    },
    move: async ({ tenantId, id, action }, page) => {
      const standing = scoped(tenantId, { _id: { $in: page.map((delivery) => delivery.id) }, status: { $in: RELEASED_FROM[action] } })
      await hot.deliveries.updateMany(standing, moves[action](id))
      const cursor = page.at(-1)?.id
      await releases.updateOne(scoped(tenantId, { _id: id }), { $max: { cursor }, $set: { updatedAt: new Date() } })
    },
    underWay: (release, limit) => deliveries.countDocuments({ ...moved(release), status: { $in: [...UNDER_WAY] } }, { limit }),
    counts,
  }
}

function condition(action: ReleaseAction, filter: ReleaseFilter): object {
  const { webhookId, typeId, entityId, from, to, failureReason, statusCode } = filter
  return {
    status: { $in: RELEASED_FROM[action] },
    ...(webhookId !== undefined && { webhookId }),
    ...(typeId !== undefined && { typeId }),
    ...(entityId !== undefined && { entityId }),
    ...((from ?? to) && { _id: { ...(from && { $gte: firstDeliveryId(from) }), ...(to && { $lt: firstDeliveryId(to) }) } }),
    ...(failureReason !== undefined && { 'lastOutcome.reason': failureReason }),
    ...(statusCode !== undefined && { 'lastOutcome.status': statusCode }),
  }
}

/** Into the queues of their webhooks, which make the POSTs; or to their end. */
const moves: Record<ReleaseAction, (releaseId: string) => object[]> = {
  retry: (releaseId) => [
    {
      $set: {
        status: 'retrying',
        round: { $add: ['$round', 1] },
        postsBeforeRound: '$posts',
        queue: 'waiting',
        nextAttemptAt: '$$NOW',
        updatedAt: '$$NOW',
        untold: 'released',
        releaseId,
      },
    },
    { $unset: Object.keys(NOT_PARKED) },
  ],
  resume: (releaseId) => [
    // The wait after an attempt goes on where it was.
    { $set: { status: 'pending', queue: 'waiting', nextAttemptAt: { $max: ['$nextAttemptAt', '$$NOW'] }, updatedAt: '$$NOW', releaseId } },
    { $unset: ['token'] },
  ],
  cancel: (releaseId) => [
    {
      $set: {
        status: 'cancelled',
        // A held one has no workflow.
        untold: { $cond: [{ $eq: ['$status', 'parked'] }, 'cancel', '$$REMOVE'] },
        updatedAt: '$$NOW',
        releaseId,
      },
    },
    { $unset: [...Object.keys(NOT_PARKED), 'nextAttemptAt', 'token', 'queue'] },
  ],
}
