import type { Logger } from 'pino'
import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../domain/within'
import { isStoreAway } from './errors'
import { createGroupCommit } from './group-commit'
import type { OutcomeStore, PostOutcome } from './outcomes'

export interface Recorder {
  /** Resolves once the outcome is durable, however long MongoDB is away. */
  record: (outcome: PostOutcome) => Promise<void>
  /** Resolves once no outcome of these deliveries waits to be written; false after `waitMs`. */
  settled: (deliveryIds: string[], waitMs: number) => Promise<boolean>
  /** What an earlier process began to write is written; true when there was something. */
  finish: OutcomeStore['finish']
  /** Resolves once nothing waits to be written. */
  drain: () => Promise<void>
}

const RETRY_MS = 500

/** Keeps the outcomes of POSTs until they are written: an answer that came is not forgotten. */
export function createRecorder(outcomes: OutcomeStore, logger: Logger): Recorder {
  const unwritten = new Map<string, Promise<void>>()

  async function write(batch: PostOutcome[]): Promise<undefined[]> {
    for (;;) {
      try {
        await outcomes.record(batch)
        return batch.map(() => undefined)
      } catch (error) {
        const why = isStoreAway(error) ? 'MongoDB is away' : 'MongoDB refused outcomes'
        logger.error({ err: error, waiting: unwritten.size }, `${why}: they are kept and written when it takes them`)
        await wait(RETRY_MS)
      }
    }
  }

  const commit = createGroupCommit<PostOutcome, undefined>({ maxInFlight: 1, maxItems: 1_000, write })

  return {
    record: (outcome) => {
      const written = commit.add(outcome).finally(() => {
        if (unwritten.get(outcome.deliveryId) === written) unwritten.delete(outcome.deliveryId)
      })
      unwritten.set(outcome.deliveryId, written)
      // Whoever waits is told; that nobody waits yet must not end the process.
      written.catch(() => undefined)
      return written
    },
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
