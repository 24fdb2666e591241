import { TIMEOUT } from './retry-policy'

/** Requests in flight at one webhook, over both lanes and all processes. */
export const WEBHOOK_CAP = 20

/** The fast lane is for webhooks whose answers come within this, 99 of 100. */
export const SLOW_ANSWER_MS = 2_000

/** A request that is out for so long, and longer than the usual, shows a slow webhook before any answer does. */
export const STALLED_MS = 500

/** Failures of a webhook in a second from which its deliveries go through its queue. */
export const STORM_PER_SECOND = 50

/** Failures of all webhooks in a second from which those that fail again and again use their queues: so many in a row, or one where a webhook has never delivered. */
export const WIDE_STORM = { perSecond: 10, inARow: 3 } as const

/** For so long the next start waits for the answer of a webhook that has never given one. */
export const TRIAL_WAIT_MS = 30

/** Requests in flight in a process from which hung webhooks have their queues, a slot each, and no more slots of their deliveries. */
export const CROWD = 50

/** First attempts that a process makes at once, each for a workflow. */
export const DISPATCH_SLOTS = 200

/** Activities of the queue of retries that a process runs at once: more than half are free, however many webhooks hang. */
export const RETRY_SLOTS = 500

/** `dispatch` in all: a local activity that runs longer would burden the workflow's history. */
export const DISPATCH_BOUND_MS = 20_000

/** How long a POST waits for its webhook's permit inside a slot, where the webhook's pace gives it hope. */
export const PERMIT_WAIT_MS = { dispatch: 1_000, retries: 5_000 } as const

/**
 * All of its POSTs are made by its queue, which alone knows whose turn it is. One activity at a time works
 * that off, in whichever process: so its bounds and its order hold over all of them.
 */
export const usesQueueAlone = ({ rateLimit, maxInFlight, ordering }: { rateLimit?: unknown; maxInFlight?: unknown; ordering?: unknown }): boolean =>
  [rateLimit, maxInFlight, ordering].some((bound) => bound !== undefined)

/** The fast lane is for webhooks whose slowest answer fits into `dispatch`. */
export const mayDispatch = (webhook: { timeoutMs: number }): boolean => webhook.timeoutMs <= TIMEOUT.defaultMs

/** Bound of one attempt at `count` deliveries: so many waves of the cap, and time to record them. */
export const batchBoundMs = (count: number, timeoutMs: number): number =>
  Math.ceil(count / WEBHOOK_CAP) * timeoutMs + 30_000
