import type { Logger } from 'pino'
import type { Dispatched } from '../store/event-leases'
import type { EventStore } from '../store/events'

/** Tells the journal which events have been dispatched. */
export interface Marks {
  /** From now on the events' delivery records are responsible. Written within a moment, with others. */
  dispatched: (mark: Dispatched) => void
  /** Resolves once nothing waits to be written. */
  drain: () => Promise<void>
}

const GATHER_MS = 100

/**
 * Nobody waits for a mark: an event without one is looked at when its lease ends, and found to be
 * dispatched. So marks are gathered, and one write carries many.
 */
export function createMarks(events: Pick<EventStore, 'markDispatched'>, logger: Logger): Marks {
  let waiting: Dispatched[] = []
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const marks = waiting
    waiting = []
    if (marks.length === 0) return
    const write = (): Promise<void> =>
      events.markDispatched(marks).catch((error: unknown) => logger.warn({ err: error }, 'dispatches are not marked: the sweeper will look at them'))
    writing = writing.then(write)
  }

  return {
    dispatched: (mark) => {
      waiting.push(mark)
      timer ??= setTimeout(flush, GATHER_MS)
    },
    drain: async () => {
      flush()
      await writing
    },
  }
}
