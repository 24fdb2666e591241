import type { Models } from './models'

/** The processes that make POSTs, as MongoDB sees them. */
export interface MemberStore {
  /** This one is here; answers how many are, this one included. */
  beat: (processId: string) => Promise<number>
  /** It makes no POST any more. */
  leave: (processId: string) => Promise<void>
}

/** A process that was not heard of for so long is gone: what it has in flight has ended by then. */
export const GONE_MS = 20_000

/** By MongoDB's clock. */
export const seenLately = { $expr: { $gt: ['$seenAt', { $subtract: ['$$NOW', GONE_MS] }] } }

export function createMemberStore({ hot: { members } }: Models): MemberStore {
  return {
    beat: async (processId) => {
      // MongoDB's clock for all of them: theirs may differ.
      await members.updateOne({ _id: processId }, { $currentDate: { seenAt: true }, $set: { opensData: true } }, { upsert: true })
      return members.countDocuments(seenLately)
    },
    leave: async (processId) => {
      await members.deleteOne({ _id: processId })
    },
  }
}
