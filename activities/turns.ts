import { setTimeout as wait } from 'node:timers/promises'
import { RATE_SLACK_MS, turnStepMs, type RateLimit } from '../src/domain/rate-limit'
import type { TurnsTaken } from '../src/store/turns-taken'
import type { Pace } from './pace'

/** The turns of a webhook with a rate limit, in one run of its queue's activity. */
export interface Turns {
  /** How many of `wanted` POSTs have their turn soon, and how they wait for it; else when the next turn is. */
  reserve: (limit: RateLimit, wanted: number) => Promise<{ count: number; pace: Pace } | { nextAt: number }>
  /** Whoever goes on knows when the newest turn was. */
  close: () => Promise<void>
}

/** A turn that is farther off is waited for by the workflow; a change of the limit counts after this at the latest. */
const SOON_MS = 1_000
/** What is on record lies no farther ahead, or a clock was put back since. */
const AHEAD_MS = 2 * SOON_MS

/**
 * Turns come evenly spaced, whatever there is to send: after a crash, or in another process, nothing
 * begins with a burst. What is about to be taken is on record before it is, a second's worth in one write.
 * Only who knows what is on record may change it: a run that stood still while another went on takes none.
 */
export function createTurns(taken: TurnsTaken, webhookId: string): Turns {
  /** When the newest turn was due; none before the first look. */
  let newest: number | undefined
  /** Until when turns are on record. */
  let noted = 0
  let isOurs = false
  let last: Promise<void> = Promise.resolve()

  /** What others have taken meanwhile counts. */
  async function look(): Promise<number> {
    noted = await taken.newest(webhookId)
    isOurs = false
    return Math.max(newest ?? 0, isFromAnotherTime() ? Date.now() : noted)
  }

  const isFromAnotherTime = (): boolean => noted > Date.now() + AHEAD_MS

  async function note(at: number): Promise<boolean> {
    if (!(await taken.note(webhookId, Math.ceil(at), noted))) return false
    noted = Math.ceil(at)
    isOurs = true
    return true
  }

  async function turn(stepMs: number): Promise<void> {
    const dueAt = (): number => (newest ?? 0) + stepMs
    for (let early = dueAt() - Date.now(); early > 0; early = dueAt() - Date.now()) await wait(early)
    newest = Math.max(dueAt(), Date.now() - RATE_SLACK_MS)
  }

  return {
    reserve: async (limit, wanted) => {
      const stepMs = turnStepMs(limit)
      newest = Math.min(newest ?? (await look()), Date.now() + AHEAD_MS)
      const now = Date.now()
      const nextAt = newest + stepMs
      if (nextAt > now + SOON_MS) return { nextAt }
      const from = Math.max(nextAt, now)
      const most = Math.ceil(SOON_MS / stepMs)
      if ((from > noted || isFromAnotherTime()) && !(await note(from + (most - 1) * stepMs))) {
        newest = await look()
        return { nextAt: newest + stepMs }
      }
      const count = Math.min(wanted, Math.floor((noted - from) / stepMs) + 1)
      const pace = { perSecond: 1_000 / stepMs, turn: () => (last = last.then(() => turn(stepMs))) }
      return { count, pace }
    },
    close: async () => {
      if (isOurs && newest !== undefined) await note(newest)
      isOurs = false
    },
  }
}
