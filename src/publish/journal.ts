import { LRUCache } from 'lru-cache'
import { eventKey } from '../domain/ids'
import { within } from '../domain/within'
import type { StoreConnection } from '../store/connect'
import { isStoreAway, StoreAway } from '../store/errors'
import type { EventStore, Journaled, NewEvent } from '../store/events'
import { createGroupCommit } from '../store/group-commit'

/** Where this process writes down what it accepts, and where its dispatches learn how that went. */
export interface Journal {
  /**
   * Writes the events down; one result an event, in order. `onLate` hears what is taken after all.
   * @throws {StoreAway} when MongoDB does not answer in time.
   */
  add: (events: NewEvent[], onLate: (journaled: Journaled[]) => void) => Promise<Journaled[]>
  /** The last write was taken: a start need not wait to see whether this one is. */
  isWell: () => boolean
  /**
   * For the dispatch of `workflowId` that was started beside the writing: waits for it, and answers
   * those of the events that another workflow (or any, when none is named) had dispatched before they
   * were published again.
   * @throws {StoreAway}
   */
  dispatchedBefore: (tenantId: string, eventIds: string[], workflowId: string | undefined) => Promise<Set<string>>
}

/** How long a publish waits for the journal before it says that it does not answer. */
const WAIT_MS = 5_000
/** Until then the publishing process looks after an event; it renews what still waits. */
export const LEASE_MS = 30_000
const REMEMBERED = { max: 10_000, ttl: 3_600_000 } as const

export interface JournalDeps {
  events: Pick<EventStore, 'insert'>
  /** This process, as leases name it. */
  starterId: string
  storeAwayEverSince: StoreConnection['awayEverSince']
}

export function createJournal({ events, starterId, storeAwayEverSince }: JournalDeps): Journal {
  const writing = new Map<string, Promise<Journaled[]>>()
  /** The workflows of what was published again, whose start may be under way all the same. Not for long: its id may leave, and come back. */
  const dispatchers = new LRUCache<string, string>(REMEMBERED)
  let well = true

  const commit = createGroupCommit<NewEvent, Journaled | Error>({
    maxInFlight: 2,
    maxItems: 100,
    // Nobody waits for the absence of MongoDB twice: once in line, and once in a write of their own.
    failsAll: isStoreAway,
    write: (batch) => events.insert(batch, { starter: starterId, until: new Date(Date.now() + LEASE_MS) }),
  })

  async function write(added: NewEvent[]): Promise<Journaled[]> {
    const written = commit.addAll(added).then(allOf)
    const keys = added.map(({ tenantId, id }) => eventKey(tenantId, id))
    for (const key of keys) writing.set(key, written)
    try {
      const journaled = await written
      for (const { added: isNew, event, dispatched, workflowId } of journaled) {
        const key = eventKey(event.tenantId, event.id)
        // An id that had left is another event's now.
        if (isNew) dispatchers.delete(key)
        else if (dispatched && workflowId !== undefined) dispatchers.set(key, workflowId)
      }
      well = true
      return journaled
    } catch (error) {
      well = false
      throw error
    } finally {
      for (const key of keys) if (writing.get(key) === written) writing.delete(key)
    }
  }

  return {
    isWell: () => well,
    add: async (added, onLate) => {
      const begun = performance.now()
      const away = (cause?: unknown) => new StoreAway(cause, { nothingWritten: storeAwayEverSince(begun) })
      const written = write(added)
      const inTime = await within(written, WAIT_MS).catch((error: unknown) => {
        throw isStoreAway(error) ? away(error) : error
      })
      if (inTime) return written
      well = false
      written.then(onLate, () => undefined)
      throw away()
    },
    dispatchedBefore: async (tenantId, eventIds, workflowId) => {
      await Promise.all(eventIds.flatMap((id) => writing.get(eventKey(tenantId, id)) ?? []))
      const dispatcherOf = (id: string): string | undefined => dispatchers.get(eventKey(tenantId, id))
      return new Set(eventIds.filter((id) => dispatcherOf(id) !== undefined && dispatcherOf(id) !== workflowId))
    },
  }
}

/** What is published together is of one tenant. */
const allOf = (results: (Journaled | Error)[]): Journaled[] =>
  results.map((result) => {
    if (result instanceof Error) throw result
    return result
  })
