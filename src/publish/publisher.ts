import { LRUCache } from 'lru-cache'
import type { HeraldEvent } from '../domain/event'
import { eventKey } from '../domain/ids'
import { hasExpired, isUrgent, type Timing } from '../domain/timing'
import { within } from '../domain/within'
import type { Metrics } from '../metrics'
import type { EventStore, Journaled, NewEvent } from '../store/events'
import type { Journal } from './journal'
import { toNewEvent } from './new-event'
import type { Starter, Submission } from './starter'

/** An event as the edge has validated it. */
export type PublishRequest = Pick<HeraldEvent, 'id' | 'typeId' | 'type' | 'data' | 'entityId'> & Timing

/**
 * `accepted`: journaled now. `repeated`: the same id with the same body stands already.
 * `conflict`: the same id with another body stands; nothing was changed.
 * `too late`: its `expireAt` has passed, and nothing stands under its id; nothing was accepted.
 */
export interface PublishResult {
  kind: 'accepted' | 'repeated' | 'conflict' | 'too late'
  event: HeraldEvent
  /** Known once the event's workflow was started. */
  workflowId?: string
  /** It stands, and will not be delivered. */
  cancelledAt?: Date
}

export interface Publisher {
  /**
   * Journals the events and starts their workflows; one result an event, in order.
   * Waits at most 500 ms for the start, and not at all when others are before it: what is journaled
   * is started in its turn, or by the sweeper. What is ahead of its time waits in the journal.
   * @throws {StoreAway} when MongoDB does not answer: it says whether it is certain that nothing was
   * accepted. What was is started by the sweeper; publishing again with the same ids is safe.
   */
  publish: (tenantId: string, events: PublishRequest[]) => Promise<PublishResult[]>
}

/** How long a publish waits for its workflow's start. */
const START_WAIT_MS = 500
const LOOK_UP_MS = 20
const REMEMBERED = { max: 10_000, ttl: 60_000 } as const

export interface PublisherDeps {
  events: Pick<EventStore, 'standing'>
  journal: Journal
  starter: Pick<Starter, 'submit' | 'isIdle'>
  /** Workers of this process make the dispatches, which wait for the journal of this process. */
  dispatchesHere: boolean
  metrics: Metrics
  /** What goes to congested webhooks alone waits in their queues, whenever its workflow is started. */
  hasTime: (tenantId: string, typeId: number) => Promise<boolean>
  /** Called with the time of what waits for it. */
  onScheduled: (time: Date) => void
  faults: (point: 'after-journal') => void
}

export function createPublisher(deps: PublisherDeps): Publisher {
  const { journal, starter, metrics } = deps

  /** Of what was started a moment ago: its record does not say so yet, and who publishes it again gets the first answer. */
  const started = new LRUCache<string, string>(REMEMBERED)

  function remember({ tenantId, id }: NewEvent, workflowId: string | undefined): string | undefined {
    if (workflowId !== undefined) started.set(eventKey(tenantId, id), workflowId)
    return workflowId
  }

  /** None for an event that came too late, unless it stands: a publish may be repeated at any time. */
  async function journalAll(added: NewEvent[]): Promise<(Journaled | undefined)[]> {
    const timely = added.filter((event) => !isLate(event))
    const [journaled, standing] = await Promise.all([
      timely.length > 0 ? journal.add(timely, startLate) : [],
      Promise.all(added.filter(isLate).map(deps.events.standing)),
    ])
    const results = { timely: journaled.values(), late: standing.values() }
    return added.map((event) => (isLate(event) ? results.late : results.timely).next().value)
  }

  async function startOrSchedule(event: NewEvent, hasTime = false): Promise<string | undefined> {
    if (!event.scheduled || !event.deliverAt) return inTime(starter.submit(event, hasTime))
    deps.onScheduled(event.deliverAt)
    return undefined
  }

  /** Under pressure the answer does not wait: the event is durable, and its turn comes. */
  async function inTime(submission: Promise<Submission>): Promise<string | undefined> {
    const { start } = await submission
    return start && (await within(start, START_WAIT_MS)) ? start : undefined
  }

  /**
   * A single event that nothing waits before is started while it is journaled: its dispatch waits for
   * the journal, which is there first. (What was published before has a workflow of the same id.)
   */
  function startBeside(events: NewEvent[]): Promise<Submission> | undefined {
    const [event] = events
    const mayGoBeside = deps.dispatchesHere && events.length === 1 && journal.isWell()
    return event && !event.scheduled && !isLate(event) && mayGoBeside && starter.isIdle(event.tenantId) ? starter.submit(event) : undefined
  }

  /** From memory, or not at all: a publish waits for no look-up. */
  async function hasTimeFor(tenantId: string, [event, ...others]: NewEvent[]): Promise<boolean> {
    if (!event || others.length > 0 || isUrgent(event)) return false
    const asked = deps.hasTime(tenantId, event.typeId)
    return (await within(asked, LOOK_UP_MS)) && asked
  }

  /** Taken after the publish was answered: it is started all the same, not only when its lease ends. */
  function startLate(journaled: Journaled[]): void {
    for (const { added, event } of journaled) if (added) void startOrSchedule(event)
  }

  return {
    publish: async (tenantId, requests) => {
      const added = requests.map((request) => toNewEvent(tenantId, request))
      const journaling = journalAll(added)
      // What comes of it is awaited below: until then a store that goes away is nobody's unhandled failure.
      journaling.catch(() => undefined)
      const hasTime = await hasTimeFor(tenantId, added)
      const beside = hasTime ? undefined : startBeside(added)
      const journaled = await journaling
      deps.faults('after-journal')
      return Promise.all(
        added.map(async (event, i): Promise<PublishResult> => {
          const entry = journaled[i]
          const kind = entry ? kindOf(entry) : 'too late'
          metrics.published.inc({ result: kind })
          if (!entry) return { kind, event }
          const workflowId = kind === 'accepted' ? remember(event, await (beside ? inTime(beside) : startOrSchedule(entry.event, hasTime))) : (entry.workflowId ?? started.get(eventKey(tenantId, event.id)))
          return { kind, event: entry.event, workflowId, cancelledAt: entry.cancelledAt }
        }),
      )
    },
  }
}

const isLate = (event: NewEvent): boolean => hasExpired(event, event.createdAt)

function kindOf({ added, same }: Journaled): PublishResult['kind'] {
  if (added) return 'accepted'
  return same ? 'repeated' : 'conflict'
}
