import type { DeliveryStatus } from './delivery'
import type { FailureReason } from './outcome'

/**
 * `retry` gives parked deliveries another round, `resume` lets held ones go on, `cancel` gives either up,
 * `replay` delivers events to a webhook once more.
 */
export const RELEASE_ACTIONS = ['retry', 'resume', 'cancel', 'replay'] as const
export type ReleaseAction = (typeof RELEASE_ACTIONS)[number]

export const RELEASE_STATUSES = ['running', 'paused', 'finished', 'cancelled'] as const
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number]

/** Which deliveries a release is about: those that have all of this. */
export interface ReleaseFilter {
  /** These alone. */
  deliveryIds?: string[]
  /** One of those that the action is about. */
  status?: 'parked' | 'held'
  webhookId?: string
  typeId?: number
  entityId?: string
  /** Of the event's time; `to` is not included. */
  from?: Date
  to?: Date
  /** Of the newest attempt. */
  failureReason?: FailureReason
  statusCode?: number
  /** Of a replay: also events from before the webhook was made. */
  includeEarlier?: boolean
}

/** A durable job that moves many deliveries, oldest first and at a pace. */
export interface Release {
  id: string
  tenantId: string
  action: ReleaseAction
  filter: ReleaseFilter
  /** POSTs a second at most. */
  perSecond: number
  status: ReleaseStatus
  /** What the filter found when the release was made. */
  total: number
  /** The id of the newest delivery that it has moved; of a replay, the time and key of the newest event that it has seen. */
  cursor?: string
  /** Of a replay: from when on events are looked at. Later than `from` where those before are not there, or not asked for. */
  replayedFrom?: Date
  /** Webhooks that had no room when it passed their deliveries over: they catch up. */
  behind?: string[]
  /** It has come to the end of what its filter finds. */
  isExhausted?: boolean
  /** How those stood that it had moved, when it ended and the last of them was over. */
  outcome?: Partial<Record<DeliveryStatus, number>>
  /** The API key that asked for it, `admin` or `herald`. */
  createdBy: string
  createdAt: Date
  updatedAt: Date
  endedAt?: Date
  /** While it is paused: since when. */
  pausedAt?: Date
  /** How long it was paused in all, before that. */
  pausedMs?: number
}

/** POSTs a second of a release that asks for no other pace. */
export const RELEASE_RATE = { default: 50, max: 1_000 } as const

/** What a release acts upon. */
export const RELEASED_FROM: Readonly<Record<ReleaseAction, ('parked' | 'held')[]>> = {
  retry: ['parked'],
  resume: ['held'],
  cancel: ['parked', 'held'],
  // What is parked gets its own next round; everything else of a replay is made anew.
  replay: ['parked'],
}

/** So many seconds of its pace may be under way to one webhook: what goes to an endpoint that fails or is slow waits for it. */
export const RELEASE_WINDOW_SECONDS = 5

/** The same of a webhook that has failed since its last delivery. */
export const FAILING_WINDOW_SECONDS = 1
