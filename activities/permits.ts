import { LRUCache } from 'lru-cache'

/** Ends the use of a permit. */
export type Return = () => void

export interface Permits {
  /** A permit for one request to the webhook, or none within `waitMs`. First come, first served. */
  take: (webhookId: string, waitMs: number) => Promise<Return | undefined>
}

interface Gate {
  inFlight: number
  waiting: ((taken: boolean) => void)[]
}

/** Bounds the requests in flight at each webhook, so that a hung endpoint holds no more than its cap. */
export function createPermits(cap: number): Permits {
  const gates = new LRUCache<string, Gate>({ max: 100_000 })

  function gateOf(webhookId: string): Gate {
    const gate = gates.get(webhookId) ?? { inFlight: 0, waiting: [] }
    gates.set(webhookId, gate)
    return gate
  }

  /** The permit goes to the longest waiting, or back. */
  const giveBack = (gate: Gate) => (): void => {
    const next = gate.waiting.shift()
    if (next) next(true)
    else gate.inFlight -= 1
  }

  function wait(gate: Gate, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = (taken: boolean): void => {
        clearTimeout(timer)
        resolve(taken)
      }
      const timer = setTimeout(() => {
        gate.waiting.splice(gate.waiting.indexOf(waiter), 1)
        resolve(false)
      }, waitMs)
      gate.waiting.push(waiter)
    })
  }

  return {
    take: async (webhookId, waitMs) => {
      const gate = gateOf(webhookId)
      if (gate.inFlight < cap) {
        gate.inFlight += 1
        return giveBack(gate)
      }
      return (await wait(gate, waitMs)) ? giveBack(gate) : undefined
    },
  }
}
