import type { Logger } from 'pino'
import type { Approval } from '../domain/approval'
import { noticeId } from '../domain/ids'
import { operationalType, type Notice, type OperationalType } from '../domain/operational-events'
import type { StatusChange } from '../domain/webhook'
import type { Publisher } from '../publish/publisher'
import type { DigestStore } from '../store/digests'
import type { WebhookStore } from '../store/webhooks'

/** Tells what Herald reports: to the webhooks that subscribe to it, and by mail. All throw {StoreAway}. */
export interface Notices {
  /** Whether anybody hears it; what nobody hears need not be put together. From memory. */
  isHeard: (tenantId: string, type: OperationalType, aboutId: string) => Promise<boolean>
  /** Told once it is durable. The same notice may be told again, by a step that is repeated: it counts once. */
  tell: (notice: Notice, how?: 'by mail alone') => Promise<void>
  /** Tells the changes of status that are written down at a webhook; `tellLeft` does for whoever ends before. */
  tellChanges: (tenantId: string, webhookId: string) => Promise<void>
  /** Tells by mail that a change waits for a second person. It waits all the same where that is not told. */
  tellWaiting: (approval: Pick<Approval, 'id' | 'tenantId' | 'operation' | 'requestedAt'>) => Promise<void>
  /** Tells what nobody has told: for the regular look for overdue work. */
  tellLeft: () => Promise<void>
}

export interface NoticesDeps {
  publisher: Pick<Publisher, 'publish'>
  webhooks: Pick<WebhookStore, 'subscribers' | 'untold' | 'told' | 'withUntold'>
  /** None where no mail is sent. */
  digests: Pick<DigestStore, 'add'> | undefined
  logger: Logger
}

const PAGE = 200

const REPORTED = { active: 'webhook.resumed', suspended: 'webhook.suspended', disabled: 'webhook.disabled' } as const

export function createNotices({ publisher, webhooks, digests, logger }: NoticesDeps): Notices {
  /** Not the webhook that it is about: see `createWanted`. */
  async function isSubscribedTo(tenantId: string, typeId: number, aboutId: string): Promise<boolean> {
    return (await webhooks.subscribers(tenantId, [typeId])).some(({ id }) => id !== aboutId)
  }

  async function publish(notice: Notice): Promise<void> {
    const { type, tenantId, key, data } = notice
    const typeId = typeIdOf(type)
    if (!(await isSubscribedTo(tenantId, typeId, data.id))) return
    const id = noticeId(type, key)
    const event = { id, typeId, type, data: JSON.stringify(data), entityId: data.id }
    const [result] = await publisher.publish(tenantId, [event])
    // Told before, unless somebody else has used the id.
    if (result?.kind !== 'conflict' || result.event.typeId === typeId) return
    logger.error({ tenantId, eventId: id, type }, 'what Herald reports was not published: another event has its id')
  }

  async function tell(notice: Notice, how?: 'by mail alone'): Promise<void> {
    const { tenantId, type, key, data } = notice
    if (!how) await publish(notice)
    await digests?.add({ tenantId, aboutId: data.id, type, ...counted(notice), key: noticeId(type, key), at: new Date() })
  }

  async function tellChanges(tenantId: string, webhookId: string): Promise<void> {
    for (const change of await webhooks.untold(tenantId, webhookId)) {
      const notice = changeNotice(tenantId, webhookId, change)
      if (notice) await tell(notice)
      await webhooks.told(tenantId, webhookId, change)
    }
  }

  return {
    tell,
    tellChanges,
    tellWaiting: async ({ id, tenantId, operation, requestedAt: at }) => {
      const news = { tenantId, aboutId: id, type: 'approval.requested', reason: operation, count: 1, key: id, at }
      await digests?.add(news).catch((error: unknown) => logger.warn({ err: error, tenantId, approvalId: id }, 'that a change waits for a second person is not told by mail'))
    },
    isHeard: async (tenantId, type, aboutId) => digests !== undefined || isSubscribedTo(tenantId, typeIdOf(type), aboutId),
    tellLeft: async () => {
      for (const { tenantId, id } of await webhooks.withUntold(PAGE)) await tellChanges(tenantId, id)
    },
  }
}

/** What is no type of Herald's does not compile. */
const typeIdOf = (type: OperationalType): number => operationalType(type)?.id ?? 0

/** What digests count it by. */
function counted({ type, data }: Notice): { reason: string; count: number } {
  if (type === 'release.finished') return { reason: `${data.action}: ${data.status}`, count: 1 }
  return { reason: data.reason, count: type === 'delivery.parked' ? data.count : 1 }
}

function changeNotice(tenantId: string, webhookId: string, { status, reason, at }: StatusChange): Notice | undefined {
  // Whoever pauses a webhook knows it.
  if (status === 'paused') return undefined
  return {
    type: REPORTED[status],
    tenantId,
    key: `${webhookId}/${at.getTime()}`,
    data: { id: webhookId, webhookId, status, reason, at: at.toISOString() },
  }
}
