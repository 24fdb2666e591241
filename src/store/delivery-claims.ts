import { UNDER_WAY, type Delivery, type LastOutcome } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import type { Models } from './models'
import { scoped, scopedTo } from './scope'

/** A POST that its holder, and nobody else, may now make. */
export interface Claim {
  deliveryId: string
  eventId: string
  number: number
  /** Of a delivery that a replay has made. */
  replayed?: true
}

/** The fence of design.md: one POST of a delivery is for one holder of a token. */
export interface DeliveryClaims {
  /** Begins the next POST of each delivery that still stands as given. */
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
}

interface ClaimedFrom {
  status?: 'held'
  queue?: 'waiting' | { $exists: false } | { $in: ('waiting' | 'behind')[] }
  token?: { $exists: false }
}

export function createDeliveryClaims({ hot: { deliveries } }: Models): DeliveryClaims {
  /** Deliveries with equal counts move in one write. */
  async function claim(tenantId: string, wanted: Delivery[], token: string, from: ClaimedFrom = {}, set: Pick<Delivery, 'queue' | 'nextAttemptAt'> = {}): Promise<Claim[]> {
    const byPosts = groupBy(wanted, ({ posts, round }) => `${posts}/${round}`)
    const now = new Date()
    const moves = [...byPosts.values()].map(async (group) => {
      const [{ posts, round }] = group
      const { modifiedCount } = await deliveries.updateMany(
        { ...scopedTo(tenantId, group.map(({ id }) => id)), posts, round, ...(from.status ? {} : { status: { $in: [...UNDER_WAY] } }), ...from },
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
            (await deliveries.find({ ...scopedTo(tenantId, ids), token }).project<{ _id: string }>({ _id: 1 }).toArray()).map(
              ({ _id }) => _id,
            ),
          )
    return wanted
      .filter(({ id }) => mine.has(id))
      .map(({ id, eventId, posts, replayedBy }) => ({ deliveryId: id, eventId, number: posts + 1, ...(replayedBy && { replayed: true as const }) }))
  }

  return {
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
        { ...scopedTo(tenantId, ids), token },
        { $inc: { posts: -1 }, $pop: { intents: 1 }, $unset: { token: '' } },
      )
    },
  }
}
