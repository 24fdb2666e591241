import type { HeraldEvent } from './event'

/** What an ordered webhook keeps in order: events with the same key. */
export const ORDERINGS = ['key'] as const
export type Ordering = (typeof ORDERINGS)[number]

/** When an event is out of attempts, its key waits for a person, or goes on without it. */
export const ON_EXHAUSTED = ['block', 'skip'] as const
export type OnExhausted = (typeof ON_EXHAUSTED)[number]

export const ORDERING_KEY_MAX = 256

/** Sequences of a second that are told apart; a JSON number holds seconds times this until the year 2242. */
export const SEQUENCES_PER_SECOND = 2 ** 20

export const orderingKeyOf = ({ orderingKey, entityId }: Pick<HeraldEvent, 'orderingKey' | 'entityId'>): string => orderingKey ?? entityId

/**
 * The place of an event among those of its key: its sequence; of one that was scheduled, that of its time.
 * Events from before there were sequences come by their time.
 */
export function turnOf({ sequence, createdAt, deliverAt }: Pick<HeraldEvent, 'sequence' | 'createdAt' | 'deliverAt'>): number {
  const published = sequence ?? sequenceAt(createdAt)
  return deliverAt && deliverAt > createdAt ? Math.max(published, sequenceAt(deliverAt)) : published
}

const sequenceAt = (time: Date): number => Math.floor((time.getTime() / 1_000) * SEQUENCES_PER_SECOND)
