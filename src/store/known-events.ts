import { LRUCache } from 'lru-cache'
import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import type { Models } from './models'
import { createNumbers } from './numbers'
import { toSequence } from './sequence'

/** Events in memory: they never change, and most are read by the process that has just journaled them. */
export interface KnownEvents {
  remember: (event: HeraldEvent) => void
  /** These were journaled together: MongoDB has numbered them, and one read brings the numbers of a write. */
  wrote: (keys: string[]) => void
  /** Those that are known, with their numbers. */
  load: (tenantId: string, eventIds: string[]) => Promise<HeraldEvent[]>
  /** Keeps them in memory no longer. */
  forget: (tenantId: string, eventIds: string[]) => void
  /** The same of all events about these entities. */
  forgetAbout: (entities: Pick<HeraldEvent, 'tenantId' | 'entityId'>[]) => void
}

/** Of events kept in memory, as counted by the length of their data. */
const CACHE_BYTES = 16 * 1024 * 1024
const CACHE_MS = 3_600_000

export function createKnownEvents({ hot: { events } }: Models): KnownEvents {
  const known = new LRUCache<string, HeraldEvent>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ data }) => data.length + 500,
    // Far less than the shortest retention: an id that has left may come back as another event.
    ttl: CACHE_MS,
  })
  const numbers = createNumbers(events)
  const remember = (event: HeraldEvent): void => void known.set(eventKey(event.tenantId, event.id), event)

  /** Of what was journaled with others all is known but the numbers that MongoDB gave. */
  async function numbered(tenantId: string, cached: HeraldEvent[]): Promise<HeraldEvent[]> {
    const without = cached.filter(({ sequence }) => sequence === undefined).map(({ id }) => eventKey(tenantId, id))
    if (without.length === 0) return cached
    const found = await numbers.of(without)
    return cached.map((event) => {
      const number = found.get(eventKey(tenantId, event.id))
      if (!number) return event
      const complete = { ...event, sequence: toSequence(number) }
      remember(complete)
      return complete
    })
  }

  return {
    remember,
    wrote: numbers.wrote,
    load: (tenantId, eventIds) => numbered(tenantId, eventIds.flatMap((id) => known.get(eventKey(tenantId, id)) ?? [])),
    forget: (tenantId, eventIds) => {
      for (const id of eventIds) known.delete(eventKey(tenantId, id))
    },
    forgetAbout: (entities) => {
      if (entities.length === 0) return
      const erased = new Set(entities.map(({ tenantId, entityId }) => `${tenantId}/${entityId}`))
      for (const [key, { tenantId, entityId }] of known.entries()) if (erased.has(`${tenantId}/${entityId}`)) known.delete(key)
    },
  }
}
