import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { probeWaitMs, type SuspensionTimes } from '../src/domain/health'
import type { OpenWebhook } from '../src/domain/webhook'
import type { Notices } from '../src/notices/notices'
import type { DeliveryStore } from '../src/store/deliveries'
import type { HealthStore } from '../src/store/health'
import type { PostOutcome } from '../src/store/outcomes'
import type { WebhookStore } from '../src/store/webhooks'

/** Watches what webhooks answer, and suspends those that fail for long. */
export interface Health {
  /** What has just come of POSTs to a webhook. Never rejects: what cannot be written down now is at the next failure. */
  observe: (webhook: OpenWebhook, outcomes: PostOutcome[]) => Promise<void>
}

export interface HealthDeps {
  health: HealthStore
  webhooks: Pick<WebhookStore, 'setStatus'>
  deliveries: Pick<DeliveryStore, 'holdWaiting'>
  notices: Pick<Notices, 'tellChanges'>
  wakeQueue: (tenantId: string, webhookId: string) => void
  times: SuspensionTimes
  logger: Logger
}

/** Failures of one webhook are written down so often at most, and ten times in what is called long: a storm is one write. */
const WRITE_MS = 5_000
/** After which failures that other processes have seen are known here. */
const REFRESH_MS = 5_000

export function createHealth({ health, webhooks, deliveries, notices, wakeQueue, times, logger }: HealthDeps): Health {
  let failing = new Set<string>()
  let readAt = -Infinity
  /** Failures that are not on record yet, by webhook; the next one after `due` takes them along. */
  const unwritten = new LRUCache<string, { due: number; count: number; first: number }>({ max: 100_000 })

  /** From memory, so that the answers of healthy webhooks cost nothing. */
  async function hasFailed(webhookId: string): Promise<boolean> {
    if (performance.now() - readAt > REFRESH_MS) {
      readAt = performance.now()
      failing = new Set(await health.all())
    }
    return failing.has(webhookId)
  }

  async function suspend({ tenantId, id }: OpenWebhook): Promise<void> {
    // Before the status: whoever sees that knows when to try.
    await health.probe(id, 0, new Date(Date.now() + probeWaitMs(times, 0)))
    if (!(await webhooks.setStatus(tenantId, id, ['active'], 'suspended', 'failed for long'))) return
    logger.warn({ tenantId, webhookId: id }, 'a webhook has failed for long and is suspended: its deliveries are held, and it is tried now and then')
    await deliveries.holdWaiting(tenantId, id)
    wakeQueue(tenantId, id)
    await notices.tellChanges(tenantId, id)
  }

  async function observeAnswers(webhook: OpenWebhook, outcomes: PostOutcome[]): Promise<void> {
    const { tenantId, id } = webhook
    if (outcomes.some(({ exchange }) => exchange.outcome.kind === 'delivered')) {
      // Of a suspended one the record goes after the status: until then it says that somebody must probe.
      unwritten.delete(id)
      if (webhook.status === 'suspended' || !(await hasFailed(id))) return
      failing.delete(id)
      return health.clear(id)
    }
    const failed = outcomes.filter(({ exchange }) => exchange.outcome.kind === 'failed')
    if (failed.length === 0) return
    // A delivery, or a person, has cleared it by way of another process: what was counted here before is over.
    if (!(await hasFailed(id))) unwritten.delete(id)
    failing.add(id)
    const now = Date.now()
    const { due, count, first } = unwritten.get(id) ?? { due: now, count: 0, first: now }
    const all = { due, count: count + failed.length, first: Math.min(first, ...failed.map(({ exchange }) => exchange.startedAt.getTime())) }
    unwritten.set(id, all)
    if (now < due) return
    unwritten.set(id, { due: now + Math.min(WRITE_MS, times.overMs / 10), count: 0, first: now })
    const { since, failures } = await health.fail(tenantId, id, all.count, new Date(all.first)).catch((error: unknown) => {
      unwritten.set(id, { due: now, count: all.count + (unwritten.get(id)?.count ?? 0), first: all.first })
      throw error
    })
    const isForLong = failures >= times.failures && Date.now() - since.getTime() >= times.overMs
    if (isForLong && webhook.autoSuspend !== false && webhook.status === 'active') await suspend(webhook)
  }

  return {
    observe: async (webhook, outcomes) => {
      try {
        await observeAnswers(webhook, outcomes)
      } catch (error) {
        logger.warn({ err: error, webhookId: webhook.id }, 'how a webhook fails could not be written down: it is at its next failure')
      }
    },
  }
}
