import type { ErasureStore } from '../store/erasures'
import type { EventStore } from '../store/events'

/** What any process has erased stays in the memory of this one no longer than from one look to the next. */
export interface Forgetting {
  look: () => Promise<void>
}

/** Clocks of processes differ, and who has read an event just before it was erased may keep it just after. */
const OVERLAP_MS = 60_000

export interface ForgettingDeps {
  erasures: Pick<ErasureStore, 'since'>
  events: Pick<EventStore, 'forgetAbout'>
}

export function createForgetting({ erasures, events }: ForgettingDeps): Forgetting {
  let looked = new Date()
  return {
    look: async () => {
      const now = new Date()
      events.forgetAbout(await erasures.since(new Date(looked.getTime() - OVERLAP_MS)))
      // Where the store is away, the next look goes as far back.
      looked = now
    },
  }
}
