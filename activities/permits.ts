import { LRUCache } from 'lru-cache'

/** Ends the use of a permit. */
export type Return = () => void

export interface Permits {
  /**
   * A permit for one request to the webhook, first come, first served; none when it cannot be had
   * within `waitMs`. Where the webhook's own pace says so beforehand, the refusal comes at once.
   */
  take: (webhookId: string, waitMs: number) => Promise<Return | undefined>
  /** How long a newcomer would wait, by the pace at which permits have come back. */
  expectedWaitMs: (webhookId: string) => number
}

interface Gate {
  inFlight: number
  waiting: Set<(taken: boolean) => void>
  /** How long a permit is held, as a moving average. */
  heldMs: number
}

/** The newest answer's share in the average. */
const WEIGHT = 0.1

/** Bounds the requests in flight at each webhook, so that a hung endpoint holds no more than its cap. */
export function createPermits(cap: number): Permits {
  const gates = new LRUCache<string, Gate>({ max: 100_000 })

  function gateOf(webhookId: string): Gate {
    const gate = gates.get(webhookId) ?? { inFlight: 0, waiting: new Set(), heldMs: 0 }
    gates.set(webhookId, gate)
    return gate
  }

  const expectedWait = ({ inFlight, waiting, heldMs }: Gate): number =>
    inFlight < cap ? 0 : ((waiting.size + 1) / cap) * heldMs

  /** The permit goes to the longest waiting, or back. */
  function grant(gate: Gate): Return {
    const since = performance.now()
    return () => {
      gate.heldMs += WEIGHT * (performance.now() - since - gate.heldMs)
      const [next] = gate.waiting
      if (next) next(true)
      else gate.inFlight -= 1
    }
  }

  function wait(gate: Gate, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (taken: boolean): void => {
        clearTimeout(timer)
        gate.waiting.delete(settle)
        resolve(taken)
      }
      const timer = setTimeout(settle, waitMs, false)
      gate.waiting.add(settle)
    })
  }

  return {
    take: async (webhookId, waitMs) => {
      const gate = gateOf(webhookId)
      if (gate.inFlight < cap) {
        gate.inFlight += 1
        return grant(gate)
      }
      if (expectedWait(gate) > waitMs) return undefined
      return (await wait(gate, waitMs)) ? grant(gate) : undefined
    },
    expectedWaitMs: (webhookId) => expectedWait(gateOf(webhookId)),
  }
}
