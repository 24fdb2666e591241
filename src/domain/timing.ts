import { z } from 'zod'
import { ORDERING_KEY_MAX } from './ordering'
import type { FieldError } from './validation'

/** When an event is to be delivered, how urgently and after which others, as its publisher has said. */
export interface Timing {
  /** Not delivered before. */
  deliverAt?: Date
  /** Not attempted after. */
  expireAt?: Date
  /** 1 (most urgent) to 5. */
  priority?: number
  /** Ordered webhooks get events with the same one in order; the entity's id when not given. */
  orderingKey?: string
}

export const PRIORITIES = { most: 1, least: 5 } as const

/** A year, a leap year too. */
const MAX_AHEAD_DAYS = 366

const time = z.iso
  .datetime({ offset: true, error: 'must be a time with its zone, such as "2026-01-31T12:00:00Z" or "2026-01-31T13:00:00+01:00"' })
  .transform((text) => new Date(text))
  .optional()

/** The fields of an event, as they are sent. */
export const timingFields = {
  deliverAt: time,
  expireAt: time,
  priority: z
    .int({ error: 'must be a whole number from 1 (most urgent) to 5' })
    .min(PRIORITIES.most, 'must be a whole number from 1 (most urgent) to 5')
    .max(PRIORITIES.least, 'must be a whole number from 1 (most urgent) to 5')
    .optional(),
  orderingKey: z
    .string({ error: 'must be a string' })
    .min(1, 'must not be empty')
    .max(ORDERING_KEY_MAX, `must have at most ${ORDERING_KEY_MAX} characters`)
    .optional(),
}

/**
 * What no schema sees: how the times lie to each other and to now. A `deliverAt` that has passed means at
 * once; whether an `expireAt` may have passed is for the caller to say.
 */
export function checkTiming({ deliverAt, expireAt }: Timing, now: Date): FieldError[] {
  const errors: FieldError[] = []
  const latest = now.getTime() + MAX_AHEAD_DAYS * 86_400_000
  if (deliverAt && deliverAt.getTime() > latest) {
    errors.push({ path: 'deliverAt', message: `must be at most ${MAX_AHEAD_DAYS} days ahead` })
  }
  if (deliverAt && expireAt && expireAt <= deliverAt) errors.push({ path: 'expireAt', message: 'must lie after deliverAt' })
  return errors
}

export const EXPIRE_AT_PASSED: FieldError = { path: 'expireAt', message: 'must lie in the future' }

export const hasExpired = ({ expireAt }: Timing, now: Date): boolean => expireAt !== undefined && expireAt <= now

export const isAhead = ({ deliverAt }: Timing, now: Date): boolean => deliverAt !== undefined && deliverAt > now

/** The fields that were given, and no others. */
export const timingOf = ({ deliverAt, expireAt, priority, orderingKey }: Timing): Timing => ({
  ...(deliverAt && { deliverAt }),
  ...(expireAt && { expireAt }),
  ...(priority !== undefined && { priority }),
  ...(orderingKey !== undefined && { orderingKey }),
})

/** Money that moved before what was made, and that before what was changed. */
const PRIORITY_OF_TYPE: ReadonlyMap<number, number> = new Map([
  [1, 3],
  [2, 4],
  [3, 3],
  [4, 4],
  [5, 2],
  [6, 2],
])
const PRIORITY_OF_OTHERS = 3

interface Urgent {
  typeId: number
  priority?: number
}

export const priorityOf = ({ typeId, priority }: Urgent): number => priority ?? PRIORITY_OF_TYPE.get(typeId) ?? PRIORITY_OF_OTHERS

/** Its publisher has said that it is more so than others of its type. */
export const isUrgent = ({ typeId, priority }: Urgent): boolean => priority !== undefined && priority < priorityOf({ typeId })

/** The priority of what travels together. */
export const mostUrgent = (all: Urgent[]): number => Math.min(PRIORITIES.least, ...all.map(priorityOf))
