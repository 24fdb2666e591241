import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { RETRY_AFTER_MAX_MS } from '../src/domain/retry-policy'
import type { Webhook } from '../src/domain/webhook'
import type { WebhookStore } from '../src/store/webhooks'

/** Which webhooks are left alone for a while, because their receivers have asked for it with `Retry-After`. */
export interface RetryAfters {
  /** Until when nothing is POSTed to the webhook, in ms since 1970; 0 where nothing was asked. */
  until: (webhookId: string) => number
  /** The same by the webhook's record, the reading of which began at `readAt` (of performance.now()). */
  learn: (webhook: Pick<Webhook, 'id' | 'retryAfterUntil'>, readAt: number) => number
  /** The record has changed, in whatever process; `until` is none where the wait was ended. */
  changed: (webhookId: string, until: Date | undefined) => void
  /** An answer asks for `ms`. Holds in this process at once. Never rejects. */
  ask: (webhook: Pick<Webhook, 'id' | 'tenantId'>, ms: number) => Promise<void>
}

export interface RetryAfterDeps {
  webhooks: Pick<WebhookStore, 'setRetryAfter'>
  logger: Logger
}

interface Known {
  until: number
  /** Of performance.now(); Infinity while it is being written, and where that failed. */
  writtenAt: number
}

/** Rounded up, so that answers that come together are one write. */
const STEP_MS = 250

export function createRetryAfters({ webhooks, logger }: RetryAfterDeps): RetryAfters {
  const known = new LRUCache<string, Known>({ max: 100_000 })

  async function write(tenantId: string, id: string, entry: Known): Promise<void> {
    try {
      await webhooks.setRetryAfter(tenantId, id, new Date(entry.until))
    } catch (error) {
      logger.warn({ err: error, tenantId, webhookId: id }, 'a Retry-After could not be written down: it holds in this process')
      // What is on record says nothing of it, until it has passed.
      return
    }
    entry.writtenAt = performance.now()
  }

  return {
    until: (webhookId) => known.get(webhookId)?.until ?? 0,
    learn: ({ id, retryAfterUntil }, readAt) => {
      const entry = known.get(id)
      const onRecord = retryAfterUntil?.getTime() ?? 0
      // What was read before it was written says nothing of it.
      if (entry && entry.writtenAt > readAt && (entry.writtenAt < Infinity || entry.until > Date.now())) return Math.max(entry.until, onRecord)
      if (onRecord > Date.now()) known.set(id, { until: onRecord, writtenAt: readAt })
      else known.delete(id)
      return onRecord
    },
    changed: (id, until) => {
      if (until) known.set(id, { until: until.getTime(), writtenAt: performance.now() })
      else known.delete(id)
    },
    ask: async ({ id, tenantId }, ms) => {
      const until = Math.ceil((Date.now() + Math.min(ms, RETRY_AFTER_MAX_MS)) / STEP_MS) * STEP_MS
      if (ms <= 0 || (known.get(id)?.until ?? 0) >= until) return
      const entry = { until, writtenAt: Infinity }
      known.set(id, entry)
      await write(tenantId, id, entry)
    },
  }
}
