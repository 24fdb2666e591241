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
 * begins with a burst. What is about to be taken is on record before it is.
 */
export function createTurns(taken: TurnsTaken, webhookId: string): Turns {
  /** When the newest turn was due; none before the first look. */
  let newest: number | undefined
  let isNoted = true
  let last: Promise<void> = Promise.resolve()

  async function turn(stepMs: number): Promise<void> {
    const dueAt = (): number => (newest ?? 0) + stepMs
    for (let early = dueAt() - Date.now(); early > 0; early = dueAt() - Date.now()) await wait(early)
    newest = Math.max(dueAt(), Date.now() - RATE_SLACK_MS)
    isNoted = false
  }

  return {
    reserve: async (limit, wanted) => {
      const stepMs = turnStepMs(limit)
      const now = Date.now()
      newest = Math.min(newest ?? (await taken.newest(webhookId)), now + AHEAD_MS)
      const nextAt = newest + stepMs
      if (nextAt > now + SOON_MS) return { nextAt }
      const count = Math.min(wanted, Math.max(1, Math.floor(SOON_MS / stepMs)))
      await taken.note(webhookId, Math.max(nextAt, now) + (count - 1) * stepMs)
      isNoted = false
      const pace = { perSecond: 1_000 / stepMs, turn: () => (last = last.then(() => turn(stepMs))) }
      return { count, pace }
    },
    close: async () => {
      if (!isNoted && newest !== undefined) await taken.note(webhookId, newest)
      isNoted = true
    },
  }
}
