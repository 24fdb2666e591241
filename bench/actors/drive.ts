import { setTimeout as wait } from 'node:timers/promises'
import { now } from '../clock'

/** `clients`: each sends its next event when the last was answered. `perSecond`: a clock sends. */
export type Pace = { clients: number } | { perSecond: number }

/**
 * Sends events 0 to `events - 1`; answers when each was published. At a rate that is when it was due:
 * a late send counts against the sender's system, not in its favour.
 */
export async function drive(events: number, pace: Pace, send: (i: number) => Promise<void>): Promise<number[]> {
  return 'clients' in pace ? inTurn(events, pace.clients, send) : paced(events, pace.perSecond, send)
}

async function inTurn(events: number, clients: number, send: (i: number) => Promise<void>): Promise<number[]> {
  const publishedAt: number[] = []
  let next = 0
  async function client(): Promise<void> {
    while (next < events) {
      const i = next++
      publishedAt[i] = now()
      await send(i)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return publishedAt
}

async function paced(events: number, perSecond: number, send: (i: number) => Promise<void>): Promise<number[]> {
  const begun = now()
  const dueAt = Array.from({ length: events }, (_, i) => begun + (i * 1_000) / perSecond)
  const sent: Promise<void>[] = []
  for (const [i, due] of dueAt.entries()) {
    const early = due - now()
    if (early > 0) await wait(early)
    sent.push(send(i))
  }
  await Promise.all(sent)
  return dueAt
}
