import { setTimeout as wait } from 'node:timers/promises'
import type { ActivityDeps } from './deps'
import type { Outlook, Shift } from './queue-shift'

/**
 * A run stays while there is more, or what is next in its queue is due soon: many webhooks that fail now
 * and then would cost Temporal a timer, two workflow tasks and an activity for each POST.
 */
export type Stay = (outlook: Outlook) => Promise<boolean>

/** The longest default wait between two attempts is 16 s. */
const SOON_MS = 20_000
/** After which, and up to a half more, the workflow has its turn, whatever comes: of many that began together not all at once. */
const RUN_MS = 60_000
/** After so many parked ones the workflow is told of them. */
export const PARKED_AT_ONCE = 500
/** For so long, and up to as long again, what was parked waits for others, which the same workflow is to have; a person may retry it meanwhile. */
const PARKED_MS = 20_000
/** What another process puts into the queue, or changes of the webhook, is seen after this. */
const LOOK_MS = 5_000
/** So long it waits in any case: what arrives ends no wait for a rate limit, a Retry-After or a permit. */
const LEAST_MS = 200
/** Queues worked off in this process up to which none makes room for others: more than half of the slots are free. */
const AT_ONCE = 200

/** Answers whether the run shall look again; it has waited by then. */
export function createStays({ queueRuns, stopping }: Pick<ActivityDeps, 'queueRuns' | 'stopping'>, random = Math.random): (shift: Pick<Shift, 'run' | 'parked'>) => Stay {
  return ({ run, parked }) => {
    let endsAt = Date.now() + RUN_MS * (1 + random() / 2)
    const parkedMs = PARKED_MS * (1 + random())
    const mustEnd = (): boolean => stopping.aborted || run.isOver()
    return async (outlook) => {
      const now = Date.now()
      if (parked.length > 0) endsAt = Math.min(endsAt, now + parkedMs)
      if (parked.length >= PARKED_AT_ONCE) return false
      const dueAt = dueAtOf(outlook, now)
      if (dueAt === undefined || dueAt - now > SOON_MS || now >= endsAt || queueRuns.count() > AT_ONCE || mustEnd()) return false
      const restMs = Math.min(LOOK_MS, dueAt - now)
      if (restMs > 0) await wait(Math.min(LEAST_MS, restMs))
      if (restMs > LEAST_MS) await run.sleep(restMs - LEAST_MS)
      return !mustEnd()
    }
  }
}

function dueAtOf(outlook: Outlook, now: number): number | undefined {
  if (outlook.kind === 'later') return outlook.unsettled ? undefined : outlook.notBefore
  return outlook.kind === 'more' ? now : undefined
}
