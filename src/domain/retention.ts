/** What the deliveries of an event say, taken together; an event without any has none open. */
export interface Standing {
  /** How many are not final. */
  open: number
  /** When the last one moved. */
  movedAt?: Date
}

/** Whether an event may leave now; `held` is one whose time has come and that a legal hold keeps. */
export type Verdict = { kind: 'leaves' } | { kind: 'held' } | { kind: 'waits'; lookAgainAt: Date }

/** What is known of an event itself. */
export interface Finishing {
  dispatchedAt?: Date
  /** It was taken out of the schedule, and so is never dispatched. */
  cancelledAt?: Date
  isHeld: boolean
}

export interface RetentionRule {
  retentionMs: number
  /** An event that waits is looked at again after this at the latest: settings change. */
  recheckMs: number
}

/**
 * An event leaves, with its deliveries and attempts, when all of these are final and have been for the
 * tenant's retention. A final status never goes back, so that the verdict does not become wrong.
 */
export function verdictOn(
  { dispatchedAt, cancelledAt, isHeld }: Finishing,
  { open, movedAt }: Standing,
  { retentionMs, recheckMs }: RetentionRule,
  now: number,
): Verdict {
  const waits = (until: number): Verdict => ({ kind: 'waits', lookAgainAt: new Date(Math.min(until, now + recheckMs)) })
  const settledAt = dispatchedAt ?? cancelledAt
  // What is not final at this time will not have been so for long enough before then.
  if (!settledAt || open > 0) return waits(now + retentionMs)
  const due = Math.max(settledAt.getTime(), movedAt?.getTime() ?? 0) + retentionMs
  if (due > now) return waits(due)
  return { kind: isHeld ? 'held' : 'leaves' }
}
