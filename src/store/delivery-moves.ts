import { statusesBefore, type Delivery, type DeliveryStatus, type ExpiredReason, type ParkedReason, type Steered } from '../domain/delivery'
import type { Models } from './models'
import { scoped, scopedTo } from './scope'

/** From one status to another, for those that stand where the move may begin. */
export interface DeliveryMoves {
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
  /** What of the webhook waits between two attempts is held; its queue is for the queue's workflow. */
  holdWaiting: (tenantId: string, webhookId: string) => Promise<void>
}

export interface CancelFilter {
  ids?: string[]
  webhookId?: string
  /** Only deliveries in one of these; else whatever is not final. */
  from?: DeliveryStatus[]
}

/** The fields that only a parked delivery has, to be unset. */
export const NOT_PARKED = { parkedAt: '', parkedReason: '', expiresAt: '', expiryNoticedAt: '' } as const

type Deed = Omit<Steered, 'at' | 'posts'>

/** For an update that is a pipeline: what was done, after all that was done before. */
export const withSteered = (step: Deed): { steered: object } => ({
  steered: { $concatArrays: [{ $ifNull: ['$steered', []] }, [{ ...step, at: '$$NOW', posts: '$posts' }]] },
})

export function createDeliveryMoves({ hot: { deliveries } }: Models): DeliveryMoves {
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
    hold: async (tenantId, ids, which) => {
      await move(tenantId, { _id: { $in: ids }, ...(which && { queue: { $exists: false } }) }, 'held', {})
    },
    park: async (tenantId, ids, parkedReason, expiresAt) => {
      // By MongoDB's clock: what is counted of a minute is not dated into it later by a clock that is slow.
      const parkings = { $concatArrays: [{ $ifNull: ['$parkings', []] }, ['$$NOW']] }
      const { modifiedCount } = await deliveries.updateMany({ ...scopedTo(tenantId, ids), status: { $in: statusesBefore('parked') } }, [
        { $set: { status: 'parked', updatedAt: '$$NOW', parkedAt: '$$NOW', parkedReason, expiresAt, parkings } },
        // What its workflow was to be told was about the round that ends here.
        { $unset: ['token', 'queue', 'nextAttemptAt', 'untold'] },
      ])
      return modifiedCount
    },
    openRound: async (tenantId, ids, round, untold, by) => {
      const { modifiedCount } = await deliveries.updateMany(
        { ...scopedTo(tenantId, ids), status: 'parked', round },
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
        { ...scopedTo(tenantId, ids), status: 'parked' },
        { $set: { expiryNoticedAt: new Date() } },
      )
    },
    holdWaiting: async (tenantId, webhookId) => {
      // With a token a POST may be in flight: its workflow holds it after that.
      await move(tenantId, { webhookId, token: { $exists: false }, queue: { $exists: false } }, 'held', {})
    },
  }
}
