import type { DeliveryStatus } from '../src/domain/delivery'
import type { RetryPolicy } from '../src/domain/retry-policy'

/** One event inline, as a service starts `deliverEvent` with it. Contract version 1. */
export interface InlineEvent {
  id: string
  /** Name or Event ID. */
  type: string | number
  data: Record<string, unknown>
  /** RFC 3339, with a zone. */
  deliverAt?: string
  /** RFC 3339, with a zone. */
  expireAt?: string
  priority?: number
  /** The entity's id when not given. */
  orderingKey?: string
}

/** Deliveries of one workflow to one webhook that stand at the same place of their round. */
export interface Batch {
  webhookId: string
  deliveryIds: string[]
  round: number
  /** POSTs of this round before the one that the activity's first Temporal attempt stands for. */
  base: number
  policy: RetryPolicy
  /** That of its most urgent delivery; batches of an older Herald have none. */
  priority?: number
  /** Bound of the whole activity attempt. */
  startToCloseMs: number
}

/** A delivery that waits for a person. Times in ms since 1970. */
export interface Parked {
  deliveryId: string
  webhookId: string
  round: number
  noticeAt: number
  expiresAt: number
  noticed: boolean
}

/**
 * `repeated`: published before, and not this workflow's. `scheduled`: due so late that the journal keeps
 * it, and another workflow delivers it. `waitUntil` (ms since 1970): due soon, so that this one waits.
 */
export interface JournalResult {
  repeated: boolean
  scheduled?: boolean
  waitUntil?: number
}

export interface DispatchResult {
  deliveries: number
  delivered: number
  held: number
  /** Of events that came too late; none when not given. */
  expired?: number
  left: Batch[]
  /** What an earlier run had parked. */
  parked?: Parked[]
}

/** Why something was not attempted; it used up none of the attempts. */
export type NotAttempted = 'store away' | 'stopping' | 'bound'

/**
 * `done`: every delivery of the batch is delivered, held or otherwise out of the workflow's hands.
 * `later`: call again at `notBefore` (ms since 1970) with `base`, and with another bound when one is given.
 */
export type PostEventsResult =
  | { kind: 'done' }
  | { kind: 'later'; reason: NotAttempted; notBefore: number; base: number; startToCloseMs?: number }

/** `unfinished`: the record says that attempts are left, so that another activity goes on. */
export interface ParkResult {
  parked: Parked[]
  unfinished: Batch[]
}

export interface CareResult {
  left: Batch[]
  parked: Parked[]
}

/**
 * What `workQueue` has come to: `more` is due, the next is due at `notBefore` (ms since 1970), or
 * nothing is left. `parked` is what it parked meanwhile, which needs a workflow now. `unsettled`: of some
 * attempts it is not yet on record what came of them.
 */
export type QueueWork = { parked: string[] } & ({ kind: 'more' | 'empty' } | { kind: 'later'; notBefore: number; unsettled?: true })

/** One step of a release: the next is at `until` (ms since 1970), or when the workflow is told. */
export type ReleaseStep = { kind: 'ended' } | { kind: 'wait'; until: number }

/** One step of an erasure, as of a release. */
export type ErasureStep = ReleaseStep

/** What came of a wish: `status` is what the delivery was in then. */
export interface SteerResult {
  deliveryId: string
  done: boolean
  status?: DeliveryStatus
  /** A POST was in flight, which ends and counts. */
  attemptUnderWay?: boolean
  /** Of what was not done. */
  why?: string
}

/** Types of the failures that `postEvents` throws, as the UI shows them. */
export const POSTS_FAILED = 'PostsFailed'
export const WEBHOOK_DISABLED = 'WebhookDisabled'
export const BLOCKED_ADDRESS = 'BlockedAddress'

/** What workflows call. All are safe to run again. */
export interface Activities {
  /** Validates and journals an inline event. */
  journal: (input: { tenantId: string; event: InlineEvent }) => Promise<JournalResult>
  /** Finds the webhooks, writes the intents, makes each first POST, records the outcomes. */
  dispatch: (input: { tenantId: string; eventIds: string[] }) => Promise<DispatchResult>
  /** One attempt at each delivery of the batch that is still undelivered; throws while some are. */
  postEvents: (input: { tenantId: string; batch: Batch }) => Promise<PostEventsResult>
  park: (input: { tenantId: string; batch: Batch; failure?: string }) => Promise<ParkResult>
  /** Opens the next round of parked deliveries, whoever asked for it. */
  openRound: (input: { tenantId: string; parked: Parked[] }) => Promise<CareResult>
  /** Retries or cancels a delivery, wherever it stands, as the API does. */
  steer: (input: { tenantId: string; deliveryId: string; action: 'retry' | 'cancel' }) => Promise<SteerResult>
  cancelParked: (input: { tenantId: string; deliveryIds: string[] }) => Promise<void>
  /** Gives notice of, and expires, what is due at `now` (ms since 1970); answers what goes on. */
  expire: (input: { tenantId: string; deliveryIds: string[]; now: number }) => Promise<CareResult>
  /** Takes deliveries over from the workflow `from`. */
  adopt: (input: { tenantId: string; deliveryIds: string[]; from: string }) => Promise<CareResult>
  /** Moves the next deliveries of a release. */
  releasePage: (input: { tenantId: string; releaseId: string }) => Promise<ReleaseStep>
  /** Erases the next events of an erasure, and what became of them. */
  erasePage: (input: { tenantId: string; erasureId: string }) => Promise<ErasureStep>
  /** Works off what is due in a webhook's queue, for a few seconds at most; first what an earlier run left `unsettled`. */
  workQueue: (input: { tenantId: string; webhookId: string; unsettled: boolean }) => Promise<QueueWork>
}
