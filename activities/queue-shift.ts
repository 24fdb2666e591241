import type { OpenWebhook } from '../src/domain/webhook'
import type { QueueRun } from '../src/steering/queue-runs'
import type { Linger } from './linger'
import type { Chain, Lines } from './lines'
import type { Pace } from './pace'
import type { PostTask } from './post-all'
import type { Turns } from './turns'

/** What the workflow is told at the end of a run: there is more, there is nothing, or when to look again. */
export type Outlook = { kind: 'more' | 'empty' } | { kind: 'later'; notBefore: number; unsettled?: true }

/** One run of the activity that works off a webhook's queue. */
export interface Shift {
  tenantId: string
  webhookId: string
  endsAt: number
  /** Wakes it where something comes into the queue. */
  run: QueueRun
  /** The ids of what it has parked; a run that is cut off hands them to the next one. */
  parked: string[]
  turns: Turns
  linger: Linger
  lines: Lines
  /** Something was due in this run. */
  hasSeenDue?: true
  /** Of a webhook that was active and kept no order when it was looked at last, and has not been changed since: nothing stands behind others. */
  known?: { usesQueueAlone: boolean; readAt: number }
}

/** Deliveries whose next POST is written down, and may be made by whoever has the token. */
export interface Page {
  webhook: OpenWebhook
  tasks: PostTask[]
  token: string
  /** Of the release that they belong to. */
  pace?: Pace
  /** Of the webhook's rate limit. */
  limit?: Pace
  /** Of an ordered webhook: which come one after the other. */
  chains?: Chain[]
}

const STORE_AWAY_MS = 2_000

export const later = (ms: number): Outlook => ({ kind: 'later', notBefore: Date.now() + ms })
export const storeAway = (): Outlook => ({ kind: 'later', notBefore: Date.now() + STORE_AWAY_MS, unsettled: true })
