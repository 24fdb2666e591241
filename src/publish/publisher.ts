import type { HeraldEvent } from '../domain/event'
import { within } from '../domain/within'
import type { Metrics } from '../metrics'
import type { StoreConnection } from '../store/connect'
import { isStoreAway, StoreAway } from '../store/errors'
import type { EventStore, Journaled, NewEvent } from '../store/events'
import { createGroupCommit } from '../store/group-commit'
import { toNewEvent } from './new-event'
import type { Starter } from './starter'

/** An event as the edge has validated it. */
export type PublishRequest = Pick<HeraldEvent, 'id' | 'typeId' | 'type' | 'data' | 'entityId'>

/**
 * `accepted`: journaled now. `repeated`: the same id with the same body stands already.
 * `conflict`: the same id with another body stands; nothing was changed.
 */
export interface PublishResult {
  kind: 'accepted' | 'repeated' | 'conflict'
  event: HeraldEvent
  /** Known once the event's workflow was started. */
  workflowId?: string
}

export interface Publisher {
  /**
   * Journals the events and starts their workflows; one result an event, in order.
   * Waits at most 500 ms for the start, and not at all when others are before it: what is journaled
   * is started in its turn, or by the sweeper.
   * @throws {StoreAway} when MongoDB does not answer: it says whether it is certain that nothing was
   * accepted. What was is started by the sweeper; publishing again with the same ids is safe.
   */
  publish: (tenantId: string, events: PublishRequest[]) => Promise<PublishResult[]>
}

/** How long a publish waits for its workflow's start. */
const START_WAIT_MS = 500
/** How long it waits for the journal before it says that it does not answer. */
const JOURNAL_WAIT_MS = 5_000
/** Until then the publishing process looks after an event; it renews what still waits. */
export const LEASE_MS = 30_000

export interface PublisherDeps {
  events: EventStore
  starter: Starter
  /** This process, as leases name it. */
  starterId: string
  storeAwayEverSince: StoreConnection['awayEverSince']
  metrics: Metrics
  faults: (point: 'after-journal') => void
}

export function createPublisher(deps: PublisherDeps): Publisher {
  const { events, starter, metrics } = deps
  const journal = createGroupCommit<NewEvent, Journaled>({
    maxInFlight: 2,
    maxItems: 1_000,
    // Nobody waits for the absence of MongoDB twice: once in line, and once in a write of their own.
    failsAll: isStoreAway,
    write: (batch) => events.insert(batch, { starter: deps.starterId, until: new Date(Date.now() + LEASE_MS) }),
  })

  async function journalAll(added: NewEvent[]): Promise<Journaled[]> {
    const begun = performance.now()
    const away = (cause?: unknown) => new StoreAway(cause, { nothingWritten: deps.storeAwayEverSince(begun) })
    const written = Promise.all(added.map((event) => journal.add(event)))
    const inTime = await within(written, JOURNAL_WAIT_MS).catch((error: unknown) => {
      throw isStoreAway(error) ? away(error) : error
    })
    if (inTime) return written
    written.then(startLate, () => undefined)
    throw away()
  }

  /** Taken after the publish was answered: it is started all the same, not only when its lease ends. */
  function startLate(journaled: Journaled[]): void {
    for (const { added, event } of journaled) if (added) void starter.submit(event)
  }

  /** Under pressure the answer does not wait: the event is durable, and its turn comes. */
  async function startNow(event: HeraldEvent): Promise<string | undefined> {
    const { start } = await starter.submit(event)
    return start && (await within(start, START_WAIT_MS)) ? start : undefined
  }

  return {
    publish: async (tenantId, requests) => {
      const added = requests.map((request) => toNewEvent(tenantId, request))
      const journaled = await journalAll(added)
      deps.faults('after-journal')
      return Promise.all(
        journaled.map(async (entry, i): Promise<PublishResult> => {
          const kind = kindOf(entry, added[i]?.hash)
          metrics.published.inc({ result: kind })
          const workflowId = kind === 'accepted' ? await startNow(entry.event) : entry.workflowId
          return { kind, event: entry.event, ...(workflowId && { workflowId }) }
        }),
      )
    },
  }
}

function kindOf({ added, event }: Journaled, hash: string | undefined): PublishResult['kind'] {
  if (added) return 'accepted'
  return event.hash === hash ? 'repeated' : 'conflict'
}
