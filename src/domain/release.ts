import type { DeliveryStatus } from './delivery'
import type { FailureReason } from './outcome'

/** `retry` gives parked deliveries another round, `resume` lets held ones go on, `cancel` gives either up. */
export const RELEASE_ACTIONS = ['retry', 'resume', 'cancel'] as const
export type ReleaseAction = (typeof RELEASE_ACTIONS)[number]

export const RELEASE_STATUSES = ['running', 'paused', 'finished', 'cancelled'] as const
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number]

/** Which deliveries a release is about: those that have all of this. */
export interface ReleaseFilter {
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
  /** The id of the newest delivery that it has moved. */
  cursor?: string
  /** It has come to the end of what its filter finds. */
  isExhausted?: boolean
  /** How those stood that it had moved, when it ended. */
  outcome?: Partial<Record<DeliveryStatus, number>>
  /** The API key that asked for it, `admin` or `herald`. */
  createdBy: string
  createdAt: Date
  updatedAt: Date
  endedAt?: Date
}

/** POSTs a second of a release that asks for no other pace. */
export const RELEASE_RATE = { default: 50, max: 1_000 } as const

/** What a release acts upon. */
export const RELEASED_FROM: Readonly<Record<ReleaseAction, ('parked' | 'held')[]>> = {
  retry: ['parked'],
  resume: ['held'],
  cancel: ['parked', 'held'],
}

/** So many seconds of its pace may be under way: a release to an endpoint that fails or is slow waits for it. */
export const RELEASE_WINDOW_SECONDS = 5

/** The same of a webhook that has failed since its last delivery. */
export const FAILING_WINDOW_SECONDS = 1
