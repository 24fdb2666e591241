import { LRUCache } from 'lru-cache'
import type { buildConnector } from 'undici'

/** After so long what comes next finds out for itself. */
const SHARED_MS = 50

interface Scout {
  begunAt: number
  /** What came meanwhile. */
  waiting: ((error: Error | null) => void)[]
}

type Connect = (target: buildConnector.Options, callback: buildConnector.Callback) => void

/**
 * An origin that refused its last connection is asked by one connection at a time: what wants one in the
 * same moment shares its refusal, as the requests that wait for a connection of a pool do. Thousands of
 * deliveries to a dead server cost neither side thousands of connections; the first that is accepted ends it.
 */
export function shareRefusals(connect: Connect): Connect {
  const refusing = new LRUCache<string, { scout?: Scout }>({ max: 1_000 })

  function ask(key: string, target: buildConnector.Options, callback: buildConnector.Callback, scout?: Scout): void {
    connect(target, (...result) => {
      const [error] = result
      if (isRefusal(error)) refusing.set(key, {})
      else refusing.delete(key)
      callback(...result)
      for (const go of scout?.waiting ?? []) go(isRefusal(error) ? error : null)
    })
  }

  return (target, callback) => {
    const key = `${target.protocol}//${target.hostname}:${target.port}`
    const known = refusing.get(key)
    if (!known) return ask(key, target, callback)
    if (known.scout && performance.now() - known.scout.begunAt < SHARED_MS) {
      known.scout.waiting.push((error) => (error ? callback(error, null) : ask(key, target, callback)))
      return
    }
    const scout: Scout = { begunAt: performance.now(), waiting: [] }
    refusing.set(key, { scout })
    ask(key, target, callback, scout)
  }
}

const isRefusal = (error: NodeJS.ErrnoException | null): error is Error => error?.code === 'ECONNREFUSED'
