import { setTimeout as wait } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { OpenWebhook } from '../domain/webhook'
import type { Hot } from './models'
import type { WebhookRecord } from './records'

/** Which webhooks an event goes to, from memory: the question that every event asks. */
export interface Subscribers {
  /** Every webhook that gets new deliveries of these types, also those that hold them. */
  find: (tenantId: string, typeIds: number[]) => Promise<OpenWebhook[]>
  /** Called by whoever has just changed a webhook of the tenant, before that is answered. */
  forget: (tenantId: string) => void
  /** Follows what other processes change; ends with the signal. */
  follow: (stopping: AbortSignal, listener: WebhookListener) => Promise<void>
}

export interface WebhookListener {
  /** Hears why the following is interrupted. */
  onAway: (error: unknown) => void
  /** A receiver has asked for no POST before `until`, or need not be heeded any more. */
  onRetryAfter: (webhookId: string, until: Date | undefined) => void
}

/** Without MongoDB's change stream what is kept is this old at most. */
const UNWATCHED_MS = 1_000
/** With it, a second net. */
const WATCHED_MS = 5_000
const TENANTS = 5_000
const REOPEN_MS = 1_000

interface Kept {
  webhooks: OpenWebhook[]
  readAt: number
}

/**
 * Keeps the webhooks of the tenants that publish. A change made in this process counts at once, one
 * made in another as soon as MongoDB's change stream tells it; while the stream is away, within a second.
 */
export function createSubscribers(
  webhooks: Hot['webhooks'],
  receiving: (tenantId: string) => Promise<OpenWebhook[]>,
): Subscribers {
  const kept = new LRUCache<string, Kept>({ max: TENANTS })
  const reading = new Map<string, Promise<OpenWebhook[]>>()
  let watched = false

  /** What was forgotten meanwhile is not kept: the reader that began earlier has what stood then. */
  async function read(tenantId: string): Promise<OpenWebhook[]> {
    const readAt = Date.now()
    const answer = receiving(tenantId)
    reading.set(tenantId, answer)
    try {
      const found = await answer
      if (reading.get(tenantId) === answer) kept.set(tenantId, { webhooks: found, readAt })
      return found
    } finally {
      if (reading.get(tenantId) === answer) reading.delete(tenantId)
    }
  }

  function forget(tenantId: string): void {
    kept.delete(tenantId)
    reading.delete(tenantId)
  }

  function forgetAll(): void {
    kept.clear()
    reading.clear()
  }

  async function watch(stopping: AbortSignal, onRetryAfter: WebhookListener['onRetryAfter']): Promise<void> {
    const stream = webhooks.watch<WebhookRecord>([], { fullDocument: 'updateLookup' })
    const close = (): void => void stream.close().catch(() => undefined)
    stopping.addEventListener('abort', close, { once: true })
    try {
      // The first look opens the stream; what was kept before may have missed a change.
      const first = await stream.tryNext()
      forgetAll()
      watched = true
      for (let change = first; !stopping.aborted; change = await stream.next()) {
        if (!change) continue
        if (change.operationType === 'update') {
          const { updatedFields, removedFields } = change.updateDescription
          if (updatedFields?.retryAfterUntil) onRetryAfter(change.documentKey._id, updatedFields.retryAfterUntil)
          if (removedFields?.includes('retryAfterUntil')) onRetryAfter(change.documentKey._id, undefined)
        }
        const tenantId = 'fullDocument' in change ? change.fullDocument?.tenantId : undefined
        if (tenantId === undefined) forgetAll()
        else forget(tenantId)
      }
    } finally {
      watched = false
      stopping.removeEventListener('abort', close)
      close()
    }
  }

  return {
    forget,
    find: async (tenantId, typeIds) => {
      const entry = kept.get(tenantId)
      const isFresh = entry && Date.now() - entry.readAt < (watched ? WATCHED_MS : UNWATCHED_MS)
      const all = isFresh ? entry.webhooks : await (reading.get(tenantId) ?? read(tenantId))
      return all.filter(({ eventTypes }) => eventTypes.some((typeId) => typeIds.includes(typeId)))
    },
    follow: async (stopping, { onAway, onRetryAfter }) => {
      while (!stopping.aborted) {
        await watch(stopping, onRetryAfter).catch((error: unknown) => {
          if (!stopping.aborted) onAway(error)
        })
        if (!stopping.aborted) await wait(REOPEN_MS, undefined, { signal: stopping }).catch(() => undefined)
      }
    },
  }
}
