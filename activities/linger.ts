import { setTimeout as wait } from 'node:timers/promises'

/**
 * A run of a queue's activity stays a little when nothing is due: at a webhook that gets everything by
 * way of its queue, the next delivery need not wait until a workflow has been woken for it.
 */
export interface Linger {
  /** Nothing is due: what `over` takes next it takes again and again, until there is something. Once, until something was due. */
  begin: () => void
  /** Something is due, or the run ends. */
  end: () => void
  /** What `take` answers, once it is something or the time is over; where there is more, it is asked again at once. */
  over: <T>(take: () => Promise<T>, isMore: (taken: T) => boolean, endsAt: number) => Promise<T>
}

/** A little longer than the least time between two wake-ups of a queue. */
const LINGER_MS = 2_500
const STEP_MS = 100
/** The slots of a process are for work. */
const AT_ONCE = 20

export function createLinger(stopping: AbortSignal): (isOver: () => boolean) => Linger {
  let lingering = 0

  return (isOver) => {
    let since: number | undefined
    let hasLingered = false

    function leave(): void {
      if (since !== undefined) lingering -= 1
      since = undefined
    }

    const mayStay = (endsAt: number): boolean =>
      since !== undefined && Date.now() < Math.min(since + LINGER_MS, endsAt) && !stopping.aborted && !isOver()

    return {
      begin: () => {
        // A run that stays looks now and then: it would ask for nothing 25 times at each of these.
        if (hasLingered || lingering >= AT_ONCE) return
        hasLingered = true
        lingering += 1
        since = Date.now()
      },
      end: () => {
        leave()
        hasLingered = false
      },
      over: async (take, isMore, endsAt) => {
        let taken = await take()
        while (mayStay(endsAt)) {
          if (!isMore(taken)) await wait(STEP_MS)
          taken = await take()
        }
        leave()
        return taken
      },
    }
  }
}
