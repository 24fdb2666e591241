import { RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'
import type { Models } from './models'

/** How many tries a key has in a while, counted in MongoDB for all processes. */
export interface Limit {
  name: string
  tries: number
  perMs: number
  /** For how long there are none once they were used up; the rest of the while when not given. */
  lockMs?: number
}

export interface Throttle {
  /** Counts a try; answers how long to wait when there are none left. */
  take: (key: string) => Promise<{ waitMs: number } | undefined>
  /** Gives a try back that was none. */
  giveBack: (key: string) => Promise<void>
  forget: (key: string) => Promise<void>
}

export function createThrottle({ throttles }: Models, { name, tries, perMs, lockMs = 0 }: Limit): Throttle {
  const limiter = new RateLimiterMongo({
    storeClient: throttles.db.getClient(),
    dbName: throttles.db.name,
    tableName: throttles.collection.name,
    keyPrefix: name,
    points: tries,
    duration: perMs / 1_000,
    blockDuration: lockMs / 1_000,
    // Declared with the other collections.
    disableIndexesCreation: true,
  })
  return {
    take: async (key) => {
      try {
        await limiter.consume(key)
        return undefined
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return { waitMs: refusal.msBeforeNext }
        throw refusal
      }
    },
    giveBack: async (key) => void (await limiter.reward(key)),
    forget: async (key) => void (await limiter.delete(key)),
  }
}
