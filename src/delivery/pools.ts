import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Pool, type Dispatcher } from 'undici'
import type { ClientCertificate } from '../domain/webhook'
import type { ConnectionWatch } from './phases'

/** What a POST needs of undici. */
export interface Outlet {
  /** Over a connection that shows this certificate, or none. */
  dispatch: (request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, clientCertificate?: ClientCertificate) => boolean
  /** How the connection was made that is being handed over now. */
  connecting?: ConnectionWatch['current']
  /** Ends every connection. */
  destroy: () => Promise<void>
}

/** Origins with pooled connections at once; the one unused for longest gives way. */
const MAX_ORIGINS = 1_000

/**
 * A pool of connections per origin and client certificate: what was opened with one webhook's certificate is
 * nobody else's connection. undici's own Agent throws a pool away at every connection error, which makes a dead
 * endpoint the dearest of all; these stay.
 */
export function createPools(options: Pool.Options, connectorFor: (clientCertificate?: ClientCertificate) => Pool.Options['connect']): Outlet {
  const plain = connectorFor()

  const pools = new LRUCache<string, Pool>({
    max: MAX_ORIGINS,
    // What is under way on an evicted pool ends first.
    dispose: (pool) => void pool.close().catch(() => undefined),
  })

  function poolOf(origin: string, clientCertificate: ClientCertificate | undefined): Pool {
    const key = clientCertificate ? `${origin} ${identityOf(clientCertificate)}` : origin
    const standing = pools.get(key)
    if (standing) return standing
    // A connector of its own as well: it keeps TLS sessions, which are resumed as whom they were begun.
    const pool = new Pool(origin, { ...options, connect: clientCertificate ? connectorFor(clientCertificate) : plain })
    pools.set(key, pool)
    return pool
  }

  return {
    dispatch: (request, handler, clientCertificate) => poolOf(String(request.origin), clientCertificate).dispatch(request, handler),
    destroy: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

/** Who has the same certificate and key is the same client. */
const identityOf = ({ certificate, privateKey }: ClientCertificate): string =>
  createHash('sha256').update(JSON.stringify([certificate, privateKey])).digest('base64url')
