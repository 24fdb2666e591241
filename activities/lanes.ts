import { LRUCache } from 'lru-cache'
import { CROWD, SLOW_ANSWER_MS, STALLED_MS, STORM_PER_SECOND, WEBHOOK_CAP, WIDE_STORM } from '../src/domain/lanes'

/** Ends the use of a permit: what came of it. */
export type Return = (outcome: 'delivered' | 'failed' | 'unused') => void

/**
 * What this process knows of the traffic to each webhook: who may POST now, and in which lane. One
 * slow or dead endpoint holds its own permits and nothing else.
 */
export interface Lanes {
  /**
   * A permit for one request to the webhook, first come, first served; none when it cannot be had
   * within `waitMs`. Where the webhook's own pace says so beforehand, the refusal comes at once. `most`
   * in flight instead of this process's part, where no other process POSTs to the webhook.
   */
  take: (webhookId: string, waitMs: number, most?: number) => Promise<Return | undefined>
  /** The first attempt may be made in `dispatch`: the webhook has proven to answer quickly, or is being tried. */
  isFast: (webhookId: string) => boolean
  /** It has answered before. */
  isKnown: (webhookId: string) => boolean
  /** How many requests the webhook can be expected to answer within `ms`: its cap at least, and where it is not known. */
  capacity: (webhookId: string, ms: number) => number
  /** Deliveries wait in the webhook's queue, it fails very often, or it hangs as many others do: newer ones go there too. */
  isCongested: (webhookId: string) => boolean
  /** No webhook is congested. */
  isCalm: () => boolean
  /** No permit was to be had, or the queue is not empty. */
  congest: (webhookId: string) => void
  /** The queue is empty. */
  clear: (webhookId: string) => void
  /** Nothing in the queue has its turn: newer deliveries need not go there where the newest POST was delivered. */
  recover: (webhookId: string) => void
}

interface Gate {
  /** When each request in flight was begun, oldest first. */
  inFlight: Set<{ since: number }>
  waiting: Set<(permit: Return | undefined) => void>
  /** How long a permit is held, as a moving average. */
  heldMs: number
  /** Whether each of the newest answers was slow. */
  answers: boolean[]
  congestedUntil: number
  failures: Failures
  /** Failures since its last delivery. */
  inARow: number
  hasDelivered: boolean
}

/** Those of the second that began at `since`, and of the one before. */
interface Failures {
  since: number
  count: number
  before: number
}

/** The newest answer's share in the average. */
const WEIGHT = 0.1
/** One slow answer among so many is the p99 that the fast lane allows. */
const REMEMBERED = 100
/** The queue is worked off somewhere else than here, perhaps; after this its state is asked anew. */
const CONGESTED_MS = 5_000

/** `cap` is this process's part of what a webhook may have in flight; it changes as processes come and go. */
export function createLanes(cap: () => number = () => WEBHOOK_CAP): Lanes {
  const gates = new LRUCache<string, Gate>({ max: 100_000 })
  let inFlight = 0
  const allFailures: Failures = { since: 0, count: 0, before: 0 }
  /** The latest of all webhooks'. */
  let congestedUntil = 0

  function gateOf(webhookId: string): Gate {
    let gate = gates.get(webhookId)
    if (!gate) gates.set(webhookId, (gate = { inFlight: new Set(), waiting: new Set(), heldMs: 0, answers: [], congestedUntil: 0, failures: { since: 0, count: 0, before: 0 }, inARow: 0, hasDelivered: false }))
    return gate
  }

  const expectedWait = ({ waiting, heldMs }: Gate): number => ((waiting.size + 1) / cap()) * heldMs

  /** The permit goes to the longest waiting, or back. */
  function grant(gate: Gate): Return {
    const request = { since: performance.now() }
    gate.inFlight.add(request)
    inFlight += 1
    return (outcome) => {
      gate.inFlight.delete(request)
      inFlight -= 1
      if (outcome !== 'unused') observe(gate, performance.now() - request.since)
      if (outcome === 'delivered') Object.assign(gate, { inARow: 0, hasDelivered: true })
      if (outcome === 'failed') countFailure(gate)
      for (const next of gate.waiting) if (gate.inFlight.size < cap()) next(grant(gate))
    }
  }

  function observe(gate: Gate, tookMs: number): void {
    gate.heldMs += WEIGHT * (tookMs - gate.heldMs)
    gate.answers.push(tookMs > SLOW_ANSWER_MS)
    if (gate.answers.length > REMEMBERED) gate.answers.shift()
  }

  /** A storm of failures, of one webhook or of many, goes through the queues, which carry it at little cost to Temporal. */
  function countFailure(gate: Gate): void {
    const now = performance.now()
    gate.inARow += 1
    const isStorm = countIn(gate.failures, now) >= STORM_PER_SECOND
    const fails = !gate.hasDelivered || gate.inARow >= WIDE_STORM.inARow
    const isWide = countIn(allFailures, now) >= WIDE_STORM.perSecond && fails
    if (isStorm || isWide) congest(gate)
  }

  function congest(gate: Gate): void {
    gate.congestedUntil = congestedUntil = performance.now() + CONGESTED_MS
  }

  function wait(gate: Gate, waitMs: number): Promise<Return | undefined> {
    return new Promise((resolve) => {
      const settle = (permit: Return | undefined): void => {
        clearTimeout(timer)
        gate.waiting.delete(settle)
        resolve(permit)
      }
      const timer = setTimeout(settle, waitMs, undefined)
      gate.waiting.add(settle)
    })
  }

  return {
    take: async (webhookId, waitMs, most = cap()) => {
      const gate = gateOf(webhookId)
      if (gate.inFlight.size < most) return grant(gate)
      if (expectedWait(gate) > waitMs || isStalled(gate)) return undefined
      return wait(gate, waitMs)
    },
    isFast: (webhookId) => {
      const gate = gateOf(webhookId)
      if (gate.answers.length === 0) return gate.inFlight.size === 0
      return !isStalled(gate) && answersQuickly(gate)
    },
    isKnown: (webhookId) => gateOf(webhookId).answers.length > 0,
    capacity: (webhookId, ms) => {
      const { answers, heldMs } = gateOf(webhookId)
      return answers.length === 0 ? cap() : Math.max(cap(), Math.floor((cap() * ms) / Math.max(1, heldMs)))
    },
    isCongested: (webhookId) => {
      const gate = gateOf(webhookId)
      return gate.congestedUntil > performance.now() || (inFlight >= CROWD && isStalled(gate))
    },
    isCalm: () => congestedUntil <= performance.now() && inFlight < CROWD,
    congest: (webhookId) => congest(gateOf(webhookId)),
    clear: (webhookId) => void (gateOf(webhookId).congestedUntil = 0),
    recover: (webhookId) => {
      const gate = gateOf(webhookId)
      if (gate.hasDelivered && gate.inARow === 0) gate.congestedUntil = 0
    },
  }
}

function countIn(failures: Failures, now: number): number {
  const passedMs = now - failures.since
  if (passedMs > 1_000) Object.assign(failures, { since: now, count: 0, before: passedMs < 2_000 ? failures.count : 0 })
  return Math.max((failures.count += 1), failures.before)
}

/** A request that is out for much longer than the others were tells of a hung endpoint before a time-out does. */
function isStalled({ inFlight, heldMs }: Gate): boolean {
  const [oldest] = inFlight
  const patienceMs = Math.min(SLOW_ANSWER_MS, Math.max(STALLED_MS, 4 * heldMs))
  return oldest !== undefined && performance.now() - oldest.since > patienceMs
}

function answersQuickly({ answers }: Gate): boolean {
  const slow = answers.filter(Boolean).length
  return slow === 0 || (slow === 1 && answers.length === REMEMBERED)
}
