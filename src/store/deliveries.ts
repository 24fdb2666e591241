import {
  FINAL_STATUSES,
  statusesBefore,
  UNDER_WAY,
  type Delivery,
  type DeliveryStatus,
  type ExpiredReason,
  type LastOutcome,
  type ParkedReason,
  type Steered,
} from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { duplicateIndexes, isStoreAway } from './errors'
import { createGroupCommit } from './group-commit'
import type { Models } from './models'
import type { DeliveryRecord } from './records'
import { scoped } from './scope'

/** A POST that its holder, and nobody else, may now make. */
export interface Claim {
  deliveryId: string
  eventId: string
  number: number
  /** Of a delivery that a replay has made. */
  replayed?: true
}

export interface DeliveryStore {
  /** Inserts the records that do not stand yet; answers those that were there already. */
  insert: (deliveries: Delivery[]) => Promise<Delivery[]>
  load: (tenantId: string, ids: string[]) => Promise<Delivery[]>
  /** Begins the next POST of each delivery that still stands as given: the fence of design.md. */
  claim: (tenantId: string, deliveries: Delivery[], token: string) => Promise<Claim[]>
  /** The same of what waits in its webhook's queue. */
  claimQueued: (tenantId: string, deliveries: Delivery[], token: string) => Promise<Claim[]>
  /** The same of what stands in the line of its ordering key, wherever; its turn counts from `at`. */
  claimInLine: (tenantId: string, deliveries: Delivery[], token: string, at: Date) => Promise<Claim[]>
  /** The same of what is held: a probe of a suspended webhook. */
  claimHeld: (tenantId: string, deliveries: Delivery[], token: string) => Promise<Claim[]>
  /** A probe has failed: the delivery stays held, and has as many attempts left as before. */
  holdOn: (tenantId: string, id: string, token: string, lastOutcome: LastOutcome) => Promise<void>
  /** Gives back claims whose POST was not begun. */
  unclaim: (tenantId: string, ids: string[], token: string) => Promise<void>
  /** `unqueued`: not what has gone into its webhook's queue meanwhile. */
  hold: (tenantId: string, ids: string[], which?: 'unqueued') => Promise<void>
  /** Answers how many moved. */
  park: (tenantId: string, ids: string[], reason: ParkedReason, expiresAt: Date) => Promise<number>
  /** parked → retrying with the next round, for those in `round`; answers how many moved. `by`: who asked for it. */
  openRound: (tenantId: string, ids: string[], round: number, untold?: 'retry', by?: string) => Promise<number>
  cancel: (tenantId: string, filter: CancelFilter, untold?: 'cancel', by?: string) => Promise<number>
  /** Parked ones that were kept for long enough at `at`. */
  expire: (tenantId: string, ids: string[], at: Date) => Promise<void>
  /** Those whose event has expired at `at`, wherever they stand. */
  expireEvents: (tenantId: string, ids: string[], at: Date) => Promise<void>
  noticeExpiry: (tenantId: string, ids: string[]) => Promise<void>
  /** Deliveries under way in the care of `workflowId` go into their webhook's queue; their turn is at `at`, or when they may be tried again. */
  enqueue: (tenantId: string, ids: string[], workflowId: string, at: Date) => Promise<void>
  /** What is in the queue has its turn at `at`; nobody may POST it before. */
  postpone: (tenantId: string, ids: string[], at: Date) => Promise<void>
  /** What of the webhook waits between two attempts is held; its queue is for the queue's workflow. */
  holdWaiting: (tenantId: string, webhookId: string) => Promise<void>
  /** Gives what was parked in a queue to a workflow. */
  adoptParked: (tenantId: string, ids: string[], to: string) => Promise<void>
  /** Hands deliveries of a lost workflow to another one. */
  adopt: (tenantId: string, ids: string[], from: string, to: string) => Promise<void>
  /** The message has arrived; the mark of a newer one stays. */
  told: (tenantId: string, ids: string[], message: Message) => Promise<void>
  /** Not final and not held, in the care of this workflow. */
  inCareOf: (tenantId: string, workflowId: string) => Promise<Delivery[]>
}

/** What a workflow was told. A cancelled delivery stays so: its round says nothing. */
export interface Message {
  action: NonNullable<Delivery['untold']>
  round?: number
}

export interface CancelFilter {
  ids?: string[]
  webhookId?: string
  /** Only deliveries in one of these; else whatever is not final. */
  from?: DeliveryStatus[]
}

/** The fields that only a parked delivery has, to be unset. */
export const NOT_PARKED = { parkedAt: '', parkedReason: '', expiresAt: '', expiryNoticedAt: '' } as const

interface ClaimedFrom {
  status?: 'held'
  queue?: 'waiting' | { $exists: false } | { $in: ('waiting' | 'behind')[] }
  token?: { $exists: false }
}

type Deed = Omit<Steered, 'at' | 'posts'>

/** For an update that is a pipeline: what was done, after all that was done before. */
export const withSteered = (step: Deed): { steered: object } => ({
  steered: { $concatArrays: [{ $ifNull: ['$steered', []] }, [{ ...step, at: '$$NOW', posts: '$posts' }]] },
})

export const toDelivery = ({ _id, ...rest }: DeliveryRecord): Delivery => ({ id: _id, ...rest })

export function createDeliveryStore({ hot: { deliveries } }: Models): DeliveryStore {
  const among = (tenantId: string, ids: string[]) => scoped(tenantId, { _id: { $in: ids } })

  const load = async (tenantId: string, ids: string[]): Promise<Delivery[]> =>
    (await deliveries.find(among(tenantId, ids)).toArray()).map(toDelivery)

  /** Of many workflows in one write: those that begin while two are under way go together. */
  const inserts = createGroupCommit<Delivery, Delivery | undefined>({ maxInFlight: 2, maxItems: 1_000, failsAll: isStoreAway, write: insertAll })

  /** What stood already, per delivery. */
  async function insertAll(added: Delivery[]): Promise<(Delivery | undefined)[]> {
    try {
      const records = added.map(({ id, ...rest }) => ({ _id: id, ...rest }))
      await deliveries.insertMany(records, { ordered: false })
      return added.map(() => undefined)
    } catch (error) {
      const duplicates = duplicateIndexes(error)
      const byTenant = groupBy(added.filter((_, i) => duplicates.has(i)), ({ tenantId }) => tenantId)
      const standing = await Promise.all([...byTenant].map(([tenantId, there]) => load(tenantId, there.map(({ id }) => id))))
      const byId = new Map(standing.flat().map((delivery) => [delivery.id, delivery]))
      return added.map(({ id }) => byId.get(id))
    }
  }

  /** Deliveries with equal counts move in one write. */
  async function claim(tenantId: string, wanted: Delivery[], token: string, from: ClaimedFrom = {}, set: Pick<Delivery, 'queue' | 'nextAttemptAt'> = {}): Promise<Claim[]> {
    const byPosts = groupBy(wanted, ({ posts, round }) => `${posts}/${round}`)
    const now = new Date()
    const moves = [...byPosts.values()].map(async (group) => {
      const [{ posts, round }] = group
      const { modifiedCount } = await deliveries.updateMany(
        { ...among(tenantId, group.map(({ id }) => id)), posts, round, ...(from.status ? {} : { status: { $in: [...UNDER_WAY] } }), ...from },
        { $set: { token, updatedAt: now, ...set }, $inc: { posts: 1 }, $push: { intents: now } },
      )
      return modifiedCount
    })
    // All of them, also when one fails: whoever gives back has none that comes after that.
    await Promise.allSettled(moves)
    const moved = (await Promise.all(moves)).reduce((sum, count) => sum + count, 0)
    const ids = wanted.map(({ id }) => id)
    const mine =
      moved === wanted.length
        ? new Set(ids)
        : new Set(
            (await deliveries.find({ ...among(tenantId, ids), token }).project<{ _id: string }>({ _id: 1 }).toArray()).map(
              ({ _id }) => _id,
            ),
          )
    return wanted
      .filter(({ id }) => mine.has(id))
      .map(({ id, eventId, posts, replayedBy }) => ({ deliveryId: id, eventId, number: posts + 1, ...(replayedBy && { replayed: true as const }) }))
  }

  async function move(
    tenantId: string,
    filter: object,
    status: DeliveryStatus,
    fields: object,
    unset: Partial<Record<keyof Delivery, ''>> = {},
    from: DeliveryStatus[] = statusesBefore(status),
    deed?: Deed,
  ): Promise<number> {
    const set = { status, updatedAt: new Date(), ...fields }
    const gone = { token: '', queue: '', ...(status !== 'held' && { nextAttemptAt: '' as const }), ...unset } as const
    const { modifiedCount } = await deliveries.updateMany(
      { ...scoped(tenantId, filter), status: { $in: from } },
      deed ? [{ $set: { ...set, ...withSteered(deed) } }, { $unset: Object.keys(gone) }] : { $set: set, $unset: gone },
    )
    return modifiedCount
  }

  return {
    insert: async (added) => (added.length === 0 ? [] : (await inserts.addAll(added)).filter((there) => there !== undefined)),
    load,
    // Not what was put into its webhook's queue since it was looked at: it waits for its turn there.
    claim: (tenantId, wanted, token) => claim(tenantId, wanted, token, { queue: { $exists: false } }),
    claimQueued: (tenantId, wanted, token) => claim(tenantId, wanted, token, { queue: 'waiting', token: { $exists: false } }),
    claimInLine: (tenantId, wanted, token, at) =>
      claim(tenantId, wanted, token, { queue: { $in: ['waiting', 'behind'] }, token: { $exists: false } }, { queue: 'waiting', nextAttemptAt: at }),
    claimHeld: (tenantId, wanted, token) => claim(tenantId, wanted, token, { status: 'held' }),
    holdOn: async (tenantId, id, token, lastOutcome) => {
      await deliveries.updateOne(
        { ...scoped(tenantId, { _id: id }), status: 'held', token },
        { $set: { lastOutcome, updatedAt: new Date() }, $inc: { postsBeforeRound: 1 }, $unset: { token: '' } },
      )
    },
    unclaim: async (tenantId, ids, token) => {
      if (ids.length === 0) return
      await deliveries.updateMany(
        { ...among(tenantId, ids), token },
        { $inc: { posts: -1 }, $pop: { intents: 1 }, $unset: { token: '' } },
      )
    },
    hold: async (tenantId, ids, which) => {
      await move(tenantId, { _id: { $in: ids }, ...(which && { queue: { $exists: false } }) }, 'held', {})
    },
    park: async (tenantId, ids, parkedReason, expiresAt) => {
      // By MongoDB's clock: what is counted of a minute is not dated into it later by a clock that is slow.
      const parkings = { $concatArrays: [{ $ifNull: ['$parkings', []] }, ['$$NOW']] }
      const { modifiedCount } = await deliveries.updateMany({ ...among(tenantId, ids), status: { $in: statusesBefore('parked') } }, [
        { $set: { status: 'parked', updatedAt: '$$NOW', parkedAt: '$$NOW', parkedReason, expiresAt, parkings } },
        // What its workflow was to be told was about the round that ends here.
        { $unset: ['token', 'queue', 'nextAttemptAt', 'untold'] },
      ])
      return modifiedCount
    },
    openRound: async (tenantId, ids, round, untold, by) => {
      const { modifiedCount } = await deliveries.updateMany(
        { ...among(tenantId, ids), status: 'parked', round },
        [
          {
            $set: {
              status: 'retrying',
              round: round + 1,
              postsBeforeRound: '$posts',
              updatedAt: '$$NOW',
              ...(untold && { untold }),
              ...(by !== undefined && withSteered({ action: 'retry', by })),
            },
          },
          { $unset: Object.keys(NOT_PARKED) },
        ],
      )
      return modifiedCount
    },
    cancel: (tenantId, { ids, webhookId, from }, untold, by) => {
      const filter = { ...(ids && { _id: { $in: ids } }), ...(webhookId && { webhookId }) }
      return move(tenantId, filter, 'cancelled', untold ? { untold } : {}, NOT_PARKED, from, by === undefined ? undefined : { action: 'cancel', by })
    },
    expire: async (tenantId, ids, at) => {
      const expiredReason: ExpiredReason = 'parked too long'
      await move(tenantId, { _id: { $in: ids }, expiresAt: { $lte: at } }, 'expired', { expiredReason }, {}, ['parked'])
    },
    expireEvents: async (tenantId, ids, at) => {
      const expiredReason: ExpiredReason = 'event expired'
      // With a token a POST may be in flight, whose answer counts; or it is given back, and expires then.
      await move(tenantId, { _id: { $in: ids }, expireAt: { $lte: at }, token: { $exists: false } }, 'expired', { expiredReason })
    },
    noticeExpiry: async (tenantId, ids) => {
      await deliveries.updateMany(
        { ...among(tenantId, ids), status: 'parked' },
        { $set: { expiryNoticedAt: new Date() } },
      )
    },
    enqueue: async (tenantId, ids, workflowId, at) => {
      if (ids.length === 0) return
      // Not what has gone there meanwhile, by a person's hand: it may be in flight.
      await deliveries.updateMany({ ...among(tenantId, ids), workflowId, status: { $in: [...UNDER_WAY] }, queue: { $exists: false } }, [
        // The wait after an attempt, and what the receiver asked for, goes on there.
        { $set: { queue: 'waiting', nextAttemptAt: { $max: ['$nextAttemptAt', at] }, updatedAt: '$$NOW' } },
        { $unset: ['token'] },
      ])
    },
    postpone: async (tenantId, ids, at) => {
      if (ids.length === 0) return
      const update = { $set: { nextAttemptAt: at, updatedAt: new Date() }, $unset: { token: '' as const } }
      await deliveries.updateMany({ ...among(tenantId, ids), queue: 'waiting' }, update)
    },
    holdWaiting: async (tenantId, webhookId) => {
      // With a token a POST may be in flight: its workflow holds it after that.
      await move(tenantId, { webhookId, token: { $exists: false }, queue: { $exists: false } }, 'held', {})
    },
    adoptParked: async (tenantId, ids, to) => {
      await deliveries.updateMany({ ...among(tenantId, ids), status: 'parked' }, { $set: { workflowId: to, updatedAt: new Date() } })
    },
    adopt: async (tenantId, ids, from, to) => {
      await deliveries.updateMany(
        { ...among(tenantId, ids), workflowId: from, queue: { $exists: false }, status: { $nin: [...FINAL_STATUSES] } },
        { $set: { workflowId: to, updatedAt: new Date() } },
      )
    },
    told: async (tenantId, ids, { action, round }) => {
      const about = { untold: action, ...(round !== undefined && { round }) }
      await deliveries.updateMany({ ...among(tenantId, ids), ...about }, { $unset: { untold: '' } })
    },
    inCareOf: async (tenantId, workflowId) => {
      const filter = { ...scoped(tenantId, { workflowId }), status: { $nin: [...FINAL_STATUSES, 'held' as const] } }
      return (await deliveries.find(filter).toArray()).map(toDelivery)
    },
  }
}
