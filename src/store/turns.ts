import { isDuplicate } from './errors'
import type { Models } from './models'

/** Takes a job that one process does for all: false while another one has it. The others leave it alone for `forMs`. */
export type TakeTurn = (job: string, forMs: number) => Promise<boolean>

export function createTakeTurn({ turns }: Pick<Models, 'turns'>): TakeTurn {
  return async (job, forMs) => {
    const now = Date.now()
    try {
      const free = { _id: job, until: { $lte: new Date(now) } }
      await turns.updateOne(free, { $set: { until: new Date(now + forMs) } }, { upsert: true })
      return true
    } catch (error) {
      // It stands and is not free.
      if (isDuplicate(error)) return false
      throw error
    }
  }
}
