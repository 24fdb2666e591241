/**
 * How often and how patiently one round of a delivery is tried. The same four numbers as Temporal's
 * retry policy, so that the UI shows what the webhook says.
 */
export interface RetryPolicy {
  maximumAttempts: number
  initialIntervalMs: number
  backoffCoefficient: number
  maximumIntervalMs: number
}

/** The promise: attempt 1 at once, then after at least 2, 4, 8 and 16 s. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maximumAttempts: 5,
  initialIntervalMs: 2_000,
  backoffCoefficient: 2,
  maximumIntervalMs: 3_600_000,
}

/** What a webhook may choose instead. */
export const RETRY_BOUNDS = {
  maximumAttempts: { min: 1, max: 20 },
  initialIntervalMs: { min: 100, max: 3_600_000 },
  backoffCoefficient: { min: 1, max: 10 },
  maximumIntervalMs: { min: 100, max: 86_400_000 },
} as const

/** Total time of one attempt: DNS, connect, TLS, head and body. */
export const TIMEOUT = { defaultMs: 15_000, minMs: 500, maxMs: 30_000 } as const

/** How long a receiver's `Retry-After` may push a retry away. */
export const RETRY_AFTER_MAX_MS = 3_600_000

/** The wait after the round's POST number `postsInRound`, before the next one. */
export function backoffMs(policy: RetryPolicy, postsInRound: number): number {
  const wait = policy.initialIntervalMs * policy.backoffCoefficient ** (postsInRound - 1)
  return Math.min(wait, policy.maximumIntervalMs)
}

/**
 * The policy for what is left of a round after `postsInRound` POSTs: Temporal's first wait is then
 * the one that the whole policy would have had at this place.
 */
export function remaining(policy: RetryPolicy, postsInRound: number): RetryPolicy {
  return {
    ...policy,
    // Temporal allows no policy of none; the record knows that none is left, and the attempt makes no POST.
    maximumAttempts: Math.max(1, policy.maximumAttempts - postsInRound),
    initialIntervalMs: Math.min(
      policy.initialIntervalMs * policy.backoffCoefficient ** postsInRound,
      policy.maximumIntervalMs,
    ),
  }
}
