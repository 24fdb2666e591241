import type { Logger } from 'pino'
import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../domain/within'
import type { DeliveryStore } from './deliveries'
import { isStoreAway } from './errors'
import { createGroupCommit } from './group-commit'
import type { OutcomeStore, PostOutcome } from './outcomes'

export interface Recorder {
  /** Resolves once the outcome is durable, however long MongoDB is away. */
  record: (outcome: PostOutcome) => Promise<void>
  /**
   * Gives back what stands under the token: no POST was begun under it, and none will be. Resolves once
   * that is written, however long MongoDB is away.
   */
  giveBack: (tenantId: string, deliveryIds: string[], token: string) => Promise<void>
  /** Resolves once nothing of these deliveries waits to be written; false after `waitMs`. */
  settled: (deliveryIds: string[], waitMs: number) => Promise<boolean>
  /** What an earlier process began to write is written; true when there was something. */
  finish: OutcomeStore['finish']
  /** Resolves once nothing waits to be written. */
  drain: () => Promise<void>
}

const RETRY_MS = 500
/** One write of many costs far less than many of few, and nobody's POST waits for an outcome to be written. */
const GATHER = { items: 12, everyMs: 40 }

export interface RecorderDeps {
  outcomes: OutcomeStore
  deliveries: Pick<DeliveryStore, 'unclaim'>
  logger: Logger
}

/** Keeps what became of claims until it is written: an answer that came is not forgotten. */
export function createRecorder({ outcomes, deliveries, logger }: RecorderDeps): Recorder {
  const unwritten = new Map<string, Promise<void>>()

  async function untilTaken(what: string, write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await write()
      } catch (error) {
        const why = isStoreAway(error) ? 'MongoDB is away' : `MongoDB refused ${what}`
        logger.error({ err: error, waiting: unwritten.size }, `${why}: they are kept and written when it takes them`)
        await wait(RETRY_MS)
      }
    }
  }

  const commit = createGroupCommit<PostOutcome, void>({
    maxInFlight: 1,
    maxItems: 1_000,
    gather: GATHER,
    write: async (batch) => {
      await untilTaken('outcomes', () => outcomes.record(batch))
      return batch.map(() => undefined)
    },
  })

  function keep(deliveryIds: string[], writing: Promise<void>): Promise<void> {
    const written = writing.finally(() => {
      for (const id of deliveryIds) if (unwritten.get(id) === written) unwritten.delete(id)
    })
    for (const id of deliveryIds) unwritten.set(id, written)
    // Whoever waits is told; that nobody waits yet must not end the process.
    written.catch(() => undefined)
    return written
  }

  return {
    record: (outcome) => keep([outcome.deliveryId], commit.add(outcome)),
    giveBack: async (tenantId, ids, token) =>
      ids.length === 0 ? undefined : keep(ids, untilTaken('claims that were given back', () => deliveries.unclaim(tenantId, ids, token))),
    settled: async (deliveryIds, waitMs) => {
      const waiting = deliveryIds.flatMap((id) => unwritten.get(id) ?? [])
      if (waiting.length === 0) return true
      return within(Promise.allSettled(waiting), waitMs)
    },
    finish: outcomes.finish,
    drain: async () => {
      await Promise.allSettled(unwritten.values())
    },
  }
}
