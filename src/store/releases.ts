import { UNDER_WAY, type Delivery, type DeliveryStatus } from '../domain/delivery'
import { firstDeliveryId } from '../domain/ids'
import { RELEASED_FROM, type Release, type ReleaseAction, type ReleaseFilter, type ReleaseStatus } from '../domain/release'
import { toDelivery } from './deliveries'
import { NOT_PARKED, withSteered } from './delivery-moves'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { DeliveryRecord, ReleaseRecord } from './records'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export type ReleaseCounts = Partial<Record<DeliveryStatus, number>>

export interface ReleaseProgress {
  /** None when the page had nothing. */
  cursor?: string | undefined
  /** Webhooks that have something before the cursor, or anywhere once it is exhausted. */
  behind: string[]
  isExhausted: boolean
}

export interface ReleaseStore {
  /** False while another release lets what is held for the same webhook go on; nothing was written then. */
  insert: (release: Release) => Promise<boolean>
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
  count: (tenantId: string, action: ReleaseAction, filter: ReleaseFilter, at: Date) => Promise<number>
  /** The next ones that it is about, oldest first, but those of some webhooks. */
  next: (release: Release, limit: number, without: string[]) => Promise<Delivery[]>
  /** Those of a webhook that it has passed over. */
  late: (release: Release, webhookId: string, limit: number) => Promise<Delivery[]>
  /** Moves those of `deliveries` that still stand as they did. */
  move: (release: Release, deliveries: Delivery[]) => Promise<void>
  /** Remembers how far the release has come, unless somebody else has taken it further since it was read. */
  advance: (release: Release, progress: ReleaseProgress) => Promise<void>
  /** Of those that it has moved: how many are under way, by webhook, and not behind others of their ordering key. */
  underWay: (release: Release) => Promise<Map<string, number>>
  /** Whether one of those that it has moved is behind others of its ordering key. */
  isWaiting: (release: Release) => Promise<boolean>
  /** Of those that it has moved: how they stand. Of a cancelled one they are kept once nothing is under way. */
  counts: (release: Release) => Promise<ReleaseCounts>
}

const ENDED: ReleaseStatus[] = ['finished', 'cancelled']

const toRelease = ({ _id, ...rest }: ReleaseRecord): Release => ({ id: _id, ...rest })

export function createReleaseStore({ releases, deliveries, hot }: Models): ReleaseStore {
  /** Along its index alone: no other tenant has this id. */
  const moved = ({ id }: Release) => ({ releaseId: id })

  async function counts(release: Release): Promise<ReleaseCounts> {
    const groups = await deliveries.aggregate<{ _id: DeliveryStatus; count: number }>([
      { $match: moved(release) },
      { $group: { _id: '$status', count: { $sum: 1 } } },
    ])
    const found: ReleaseCounts = Object.fromEntries(groups.map(({ _id, count }) => [_id, count]))
    if (release.status === 'cancelled' && !UNDER_WAY.some((status) => found[status])) {
      await releases.updateOne(scoped(release.tenantId, { _id: release.id }), { $set: { outcome: found } })
    }
    return found
  }

  async function oldest({ tenantId, action, filter, createdAt }: Release, limit: number, further: object[]): Promise<Delivery[]> {
    const conditions = [condition(action, filter, createdAt), ...further]
    const found = deliveries.find(scoped(tenantId, { $and: conditions }), null, { sort: { _id: 1 }, limit })
    return (await found.lean<DeliveryRecord[]>()).map(toDelivery)
  }

  return {
    insert: ({ id, ...release }) => insertOnce(() => releases.create({ _id: id, ...release })),
    get: async (tenantId, id) => {
      const record = await releases.findOne(scoped(tenantId, { _id: id })).lean<ReleaseRecord>()
      return record ? toRelease(record) : undefined
    },
    list: (tenantId, request) => page(releases, scoped(tenantId, {}), request, toRelease),
    setStatus: async (tenantId, id, from, status) => {
      const record = await releases.findOne(scoped(tenantId, { _id: id, status: { $in: from } })).lean<ReleaseRecord>()
      if (!record) return false
      const now = new Date()
      const end = {
        ...(ENDED.includes(status) && { endedAt: now }),
        ...(status === 'paused' && { pausedAt: now }),
        ...(status === 'running' && record.pausedAt && { pausedMs: (record.pausedMs ?? 0) + now.getTime() - record.pausedAt.getTime() }),
        // Of a cancelled one, some may still be under way.
        ...(status === 'finished' && { outcome: await counts(toRelease(record)) }),
      }
      const { modifiedCount } = await releases.updateOne(
        scoped(tenantId, { _id: id, status: { $in: from } }),
        { $set: { status, updatedAt: now, ...end }, ...(status !== 'paused' && { $unset: { pausedAt: '' } }) },
      )
      return modifiedCount === 1
    },
    open: async () => (await releases.find({ status: { $in: ['running', 'paused'] } }).lean<ReleaseRecord[]>()).map(toRelease),
    isResuming: async (tenantId, webhookId) =>
      (await releases.exists(scoped(tenantId, { action: 'resume', 'filter.webhookId': webhookId, status: { $in: ['running', 'paused'] } }))) !== null,
    count: (tenantId, action, filter, at) => deliveries.countDocuments(scoped(tenantId, condition(action, filter, at))),
    next: (release, limit, without) => oldest(release, limit, [
      ...(release.cursor === undefined ? [] : [{ _id: { $gt: release.cursor } }]),
      ...(without.length === 0 ? [] : [{ webhookId: { $nin: without } }]),
    ]),
    late: (release, webhookId, limit) => oldest(release, limit, [
      { webhookId },
      ...(release.isExhausted || release.cursor === undefined ? [] : [{ _id: { $lte: release.cursor } }]),
    ]),
    move: async ({ tenantId, id, action, createdBy }, page) => {
      if (page.length === 0) return
      const standing = scoped(tenantId, { _id: { $in: page.map((delivery) => delivery.id) }, status: { $in: RELEASED_FROM[action] } })
      await hot.deliveries.updateMany(standing, [{ $set: withSteered({ action, by: createdBy, releaseId: id }) }, ...moves[action](id)])
    },
    advance: async ({ tenantId, id, cursor = null, behind = null, isExhausted = null }, progress) => {
      const asRead = { cursor, behind, isExhausted }
      const set = { updatedAt: new Date(), behind: progress.behind, ...(progress.cursor !== undefined && { cursor: progress.cursor }) }
      await releases.updateOne(scoped(tenantId, { _id: id, ...asRead }), { $set: { ...set, ...(progress.isExhausted && { isExhausted: true }) } })
    },
    underWay: async (release) => {
      const groups = await deliveries.aggregate<{ _id: string; count: number }>([
        { $match: { ...moved(release), status: { $in: [...UNDER_WAY] }, queue: { $ne: 'behind' } } },
        { $group: { _id: '$webhookId', count: { $sum: 1 } } },
      ])
      return new Map(groups.map(({ _id, count }) => [_id, count]))
    },
    isWaiting: async (release) => (await deliveries.exists({ ...moved(release), status: { $in: [...UNDER_WAY] }, queue: 'behind' })) !== null,
    counts,
  }
}

/** What a release of that time is about: what comes, or parks again, after it is not what was asked for. */
function condition(action: ReleaseAction, filter: ReleaseFilter, at: Date): object {
  const { deliveryIds, status, webhookId, typeId, entityId, from, to, failureReason, statusCode } = filter
  const among = deliveryIds ? [{ _id: { $in: deliveryIds } }] : []
  const before = action === 'resume' ? among : [...among, { _id: { $lt: firstDeliveryId(at) } }, { $or: [{ status: 'held' }, { parkedAt: { $lte: at } }] }]
  return {
    ...(before.length > 0 && { $and: before }),
    status: status ?? { $in: RELEASED_FROM[action] },
    ...(webhookId !== undefined && { webhookId }),
    ...(typeId !== undefined && { typeId }),
    ...(entityId !== undefined && { entityId }),
    ...((from ?? to) && { _id: { ...(from && { $gte: firstDeliveryId(from) }), ...(to && { $lt: firstDeliveryId(to) }) } }),
    // Of an address that was not called there is no other reason.
    ...(failureReason !== undefined && (failureReason === 'blocked' ? { 'lastOutcome.kind': 'blocked' } : { 'lastOutcome.reason': failureReason })),
    ...(statusCode !== undefined && { 'lastOutcome.status': statusCode }),
  }
}

const another = (releaseId: string): object[] => [
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
]

/** Into the queues of their webhooks, which make the POSTs; or to their end. */
const moves: Record<ReleaseAction, (releaseId: string) => object[]> = {
  retry: another,
  replay: another,
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
