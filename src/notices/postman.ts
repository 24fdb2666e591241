import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { newToken } from '../domain/ids'
import type { Metrics } from '../metrics'
import type { DigestEntry, DigestStore } from '../store/digests'
import type { TenantStore } from '../store/tenants'
import type { WebhookStore } from '../store/webhooks'
import { digestSubject, digestText, shownOf } from './digest-text'
import { isRefusal, type SendMail } from './smtp'

export interface Pace {
  /** How long the first news of a tenant wait for others. */
  gatherMs: number
  /** From one mail of a tenant to the next, at least. */
  everyMs: number
  /** After which a mail that was not taken is tried again. */
  retryMs: number
  /** How often a process looks for what is due. */
  lookMs: number
}

export const MAIL_PACE: Pace = { gatherMs: 30_000, everyMs: 300_000, retryMs: 60_000, lookMs: 5_000 }

export interface PostmanDeps {
  digests: DigestStore
  tenants: Pick<TenantStore, 'get'>
  webhooks: Pick<WebhookStore, 'get'>
  send: SendMail
  /** Who gets the digests of tenants that name nobody. */
  to: string[]
  publicUrl?: string
  pace: Pace
  metrics: Pick<Metrics, 'mails'>
  logger: Logger
}

/** Sends the digests that are due, until the signal. */
export type Postman = (stopping: AbortSignal) => Promise<void>

/** Longer than a mail may take; a process that ends meanwhile leaves it to another one after that. */
const CLAIM_MS = 180_000
/** Webhooks and reasons in one mail; the rest is in the next one. */
const MOST_ENTRIES = 2_000

/**
 * One mail a tenant and while, whatever the processes: who claims it sends it, and takes what it told
 * off the digest afterwards. A crash in between sends it twice, never not at all.
 */
export function createPostman(deps: PostmanDeps): Postman {
  const { digests, pace, logger } = deps

  async function sendDue(stopping: AbortSignal): Promise<void> {
    for (const tenantId of await digests.waiting(new Date(Date.now() - pace.gatherMs))) {
      const token = newToken()
      if (stopping.aborted || !(await digests.claim(tenantId, token, new Date(Date.now() + CLAIM_MS)))) continue
      const entries = await digests.entries(tenantId, MOST_ENTRIES)
      const result = await send(tenantId, entries)
      if (result === 'done') await digests.takeOff(tenantId, entries)
      await digests.next(tenantId, token, new Date(Date.now() + (result === 'done' ? pace.everyMs : pace.retryMs)))
      // Nor does it take the others.
      if (result === 'server away') return
    }
  }

  async function send(tenantId: string, entries: DigestEntry[]): Promise<'done' | 'refused' | 'server away'> {
    const tenant = await deps.tenants.get(tenantId)
    const to = tenant?.notifyEmails ?? deps.to
    if (!tenant || to.length === 0 || entries.length === 0) return 'done'
    const digest = { tenant, entries, webhooks: await webhooksOf(deps, tenantId, entries), publicUrl: deps.publicUrl }
    try {
      const { refused } = await deps.send({ to, subject: digestSubject(digest), text: digestText(digest), messageId: messageId(tenantId, entries) })
      if (refused.length > 0) logger.warn({ tenantId, refused }, 'the mail server refuses these addresses: they get no digests')
      deps.metrics.mails.inc({ result: 'sent' })
      return 'done'
    } catch (error) {
      deps.metrics.mails.inc({ result: 'failed' })
      logger.warn({ err: error, tenantId }, `a digest was not sent: it is kept, and tried again in ${pace.retryMs / 1_000} s`)
      return isRefusal(error) ? 'refused' : 'server away'
    }
  }

  return async (stopping) => {
    while (!stopping.aborted) {
      await sendDue(stopping).catch((error: unknown) => logger.warn({ err: error }, 'a look for digests failed; the next one is soon'))
      await wait(pace.lookMs, undefined, { signal: stopping }).catch(() => undefined)
    }
  }
}

async function webhooksOf({ webhooks }: Pick<PostmanDeps, 'webhooks'>, tenantId: string, entries: DigestEntry[]) {
  const found = await Promise.all(shownOf(entries).map((id) => webhooks.get(tenantId, id)))
  return found.filter((webhook) => webhook !== undefined)
}

/** Of a tenant and a beginning: the same when it is tried again. */
function messageId(tenantId: string, entries: DigestEntry[]): string {
  const since = Math.min(...entries.map((entry) => entry.since.getTime()))
  return `<${createHash('sha256').update(`${tenantId}/${since}`).digest('hex').slice(0, 32)}@herald>`
}
