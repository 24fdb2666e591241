import { LRUCache } from 'lru-cache'
import { Pool, type Dispatcher } from 'undici'
import type { ConnectionWatch } from './phases'

/** What a POST needs of undici. */
export interface Outlet {
  dispatch: Dispatcher['dispatch']
  /** How the connection was made that is being handed over now. */
  connecting?: ConnectionWatch['current']
  /** Ends every connection. */
  destroy: () => Promise<void>
}

/** Origins with pooled connections at once; the one unused for longest gives way. */
const MAX_ORIGINS = 1_000

/**
 * A pool of connections per origin. undici's own Agent throws a pool away at every connection error,
 * which makes a dead endpoint the dearest of all; these stay.
 */
export function createPools(options: Pool.Options): Outlet {
  const pools = new LRUCache<string, Pool>({
    max: MAX_ORIGINS,
    // What is under way on an evicted pool ends first.
    dispose: (pool) => void pool.close().catch(() => undefined),
  })

  function poolOf(origin: string): Pool {
    const standing = pools.get(origin)
    if (standing) return standing
    const pool = new Pool(origin, options)
    pools.set(origin, pool)
    return pool
  }

  return {
    dispatch: (request, handler) => poolOf(String(request.origin)).dispatch(request, handler),
    destroy: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}
