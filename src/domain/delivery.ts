import type { FailureReason, Outcome } from './outcome'
import type { ReleaseAction } from './release'

export const DELIVERY_STATUSES = [
  'pending',
  'retrying',
  'delivered',
  'parked',
  'held',
  'cancelled',
  'expired',
] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** Which status may follow which; whatever writes a status asks here. */
const MOVES: Readonly<Record<DeliveryStatus, readonly DeliveryStatus[]>> = {
  pending: ['retrying', 'delivered', 'parked', 'held', 'cancelled', 'expired'],
  retrying: ['retrying', 'delivered', 'parked', 'held', 'cancelled', 'expired'],
  // 'delivered' without another POST: the answer to the last one was recorded late.
  parked: ['retrying', 'delivered', 'cancelled', 'expired'],
  held: ['pending', 'delivered', 'cancelled', 'expired'],
  delivered: [],
  cancelled: [],
  expired: [],
}

/** The statuses from which `to` may be reached: the condition of every write of a status. */
export function statusesBefore(to: DeliveryStatus): DeliveryStatus[] {
  return DELIVERY_STATUSES.filter((from) => MOVES[from].includes(to))
}

export const FINAL_STATUSES: readonly DeliveryStatus[] = DELIVERY_STATUSES.filter(
  (status) => MOVES[status].length === 0,
)

/** The statuses in which a POST may be begun. */
export const UNDER_WAY: readonly DeliveryStatus[] = ['pending', 'retrying']

export const PARKED_REASONS = ['attempts exhausted', 'webhook disabled', 'blocked address'] as const
export type ParkedReason = (typeof PARKED_REASONS)[number]

/** The event's `expireAt` has passed, or a parked delivery has waited for as long as its tenant keeps it. */
export const EXPIRED_REASONS = ['event expired', 'parked too long'] as const
export type ExpiredReason = (typeof EXPIRED_REASONS)[number]

/** What a record says of its newest answer. */
export interface LastOutcome {
  kind: Outcome['kind'] | 'unknown'
  at: Date
  attempt: number
  status?: number
  reason?: FailureReason
  detail?: string
}

/** None where a person has cancelled it, or its webhook is gone. */
export const CANCELLED_REASONS = ['event erased'] as const
export type CancelledReason = (typeof CANCELLED_REASONS)[number]

/** What somebody did to a delivery. */
export interface Steered {
  action: ReleaseAction
  at: Date
  /** POSTs begun by then: clocks differ, and this says between which attempts it was. */
  posts: number
  /** The user, API key or portal link, `admin`, `temporal` (an operator, by way of it) or `herald` itself. */
  by: string
  /** The release by which it was done, with many others. */
  releaseId?: string
}

/** A delivery as it is remembered. */
export interface Delivery {
  id: string
  tenantId: string
  eventId: string
  webhookId: string
  typeId: number
  entityId: string
  /** Where the event's publisher has given one. */
  priority?: number
  /** The event's: not attempted after it. */
  expireAt?: Date
  status: DeliveryStatus
  /** Counts the manual retries: 0 is the first round. */
  round: number
  /** POSTs begun in all; the number of the newest attempt. */
  posts: number
  /** POSTs begun in earlier rounds. */
  postsBeforeRound: number
  /** When each POST was begun, in order: what a POST without an outcome is known by. */
  intents: Date[]
  /** Who may POST the newest attempt. */
  token?: string
  workflowId: string
  createdAt: Date
  updatedAt: Date
  nextAttemptAt?: Date
  lastOutcome?: LastOutcome
  parkedAt?: Date
  parkedReason?: ParkedReason
  /** When a parked one is given up. */
  expiresAt?: Date
  expiryNoticedAt?: Date
  expiredReason?: ExpiredReason
  cancelledReason?: CancelledReason
  /**
   * Its webhook cannot take it now: it waits in the webhook's queue, whose workflow looks after it,
   * whatever `workflowId` says. While it has a token, it is being attempted. `behind`: its turn does not
   * come before others of its ordering key are through.
   */
  queue?: 'waiting' | 'behind'
  /** The replay that made it: its event had a delivery to the webhook before, or none. */
  replayedBy?: string
  /** To an ordered webhook: it comes one after the other with those of the same key. */
  orderingKey?: string
  /** Its place in the line of its key, until the queue has taken it out: so what is final marks a line that goes on. */
  turn?: number
  /** The newest release that moved it. */
  releaseId?: string
  /** Who has retried it, let it go on or given it up, oldest first. */
  steered?: Steered[]
  /** A message for the workflow that is not known to have arrived; the reconciler repeats it. */
  untold?: 'retry' | 'cancel' | 'released' | 'handedOn'
  /** Set shortly before it leaves MongoDB, after its event. */
  removeAt?: Date
}

export const postsInRound = (delivery: Pick<Delivery, 'posts' | 'postsBeforeRound'>): number =>
  delivery.posts - delivery.postsBeforeRound
