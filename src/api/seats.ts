import { Problem } from './problem'

type Stream = (ended: AbortSignal) => AsyncIterable<string>

/** How many streams a tenant may have at once in this process. */
export interface Seats {
  /** The stream, which has a seat until it ends; a 429 where none is free. */
  taken: (tenantId: string, stream: Stream) => Stream
}

export function createSeats(most: number, what: string): Seats {
  const sitting = new Map<string, number>()
  const move = (tenantId: string, by: number): void => {
    const count = (sitting.get(tenantId) ?? 0) + by
    if (count > 0) sitting.set(tenantId, count)
    else sitting.delete(tenantId)
  }

  function mustBeFree(tenantId: string): void {
    if ((sitting.get(tenantId) ?? 0) < most) return
    throw new Problem('too-many-streams', `A tenant may have ${most} ${what} at once: let one end first.`, { headers: { 'Retry-After': '10' } })
  }

  return {
    taken: (tenantId, stream) =>
      async function* (ended) {
        // Here, where it begins: what is never begun takes none.
        mustBeFree(tenantId)
        move(tenantId, 1)
        try {
          yield* stream(ended)
        } finally {
          move(tenantId, -1)
        }
      },
  }
}
