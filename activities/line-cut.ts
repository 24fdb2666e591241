import { FINAL_STATUSES, postsInRound, UNDER_WAY, type Delivery, type DeliveryStatus } from '../src/domain/delivery'
import type { OpenWebhook } from '../src/domain/webhook'
import type { Lines } from './lines'

/** More of a line than is taken at a time. */
export const READ = 16

/** A key does not wait for these, or not any more. */
export const throughOf = ({ onExhausted }: OpenWebhook): DeliveryStatus[] => [...FINAL_STATUSES, ...(onExhausted === 'skip' ? ['parked' as const] : [])]

export interface Cut {
  chain: Delivery[]
  /** Through, and not needed any more to mark the line. */
  leaving: string[]
  /** Its turn comes with others of its release. */
  elsewhere: string[]
  /** The journal has something before it. */
  stopped: string[]
  /** The next look shows more. */
  again: boolean
}

/** The first of a line, as it was read, that may go now. */
export function cut(webhook: OpenWebhook, lines: Lines, key: string, line: Delivery[], stop = Infinity, releaseId?: string): Cut {
  const { maximumAttempts } = webhook.retry
  const last = Math.min(lines.known.get(key) ?? 0, stop - 1)
  const statuses = throughOf(webhook)
  const through = line.filter(({ status }) => statuses.includes(status)).map(({ id }) => id)
  const waiting = line.filter(({ status }) => !statuses.includes(status))
  const now = new Date()
  const chain: Delivery[] = []
  let elsewhere: string[] = []
  for (const delivery of waiting.slice(0, lines.atOnce)) {
    if ((delivery.turn ?? 0) > last || !mayGo(delivery, now)) break
    if (delivery.releaseId !== releaseId) {
      if (chain.length === 0 && delivery.queue === 'behind') elsewhere = [delivery.id]
      break
    }
    const isUsedUp = postsInRound(delivery) >= maximumAttempts
    // It is about to be parked: what comes after it waits for that.
    if (isUsedUp && chain.length > 0) break
    chain.push(delivery)
    if (isUsedUp) break
  }
  const [first] = waiting
  const isStopped = first !== undefined && mayGo(first, now) && (first.turn ?? 0) >= stop
  // It has been read now: the journal is asked once more, then it may go.
  const isNew = first !== undefined && mayGo(first, now) && (first.turn ?? 0) > last && !isStopped
  // Nobody else brings the one that is behind: until that has its turn, the last one before it stays.
  const isMarked = first === undefined ? line.length === READ : first.queue === 'behind' && !isStopped
  const leaving = isMarked ? through.slice(0, -1) : through
  const again = isNew || leaving.length > 0 || elsewhere.length > 0
  const known = Math.max(line.at(-1)?.turn ?? 0, lines.known.get(key) ?? 0)
  lines.known.delete(key)
  if (chain.length > 0 || again) lines.known.set(key, known)
  return { chain, leaving, elsewhere, stopped: isStopped ? [first.id] : [], again }
}

const mayGo = ({ status, queue, token, nextAttemptAt }: Delivery, now: Date): boolean =>
  UNDER_WAY.includes(status) && queue !== undefined && token === undefined && nextAttemptAt !== undefined && nextAttemptAt <= now
