import type { HeraldEvent } from '../domain/event'
import { isOperational } from '../domain/operational-events'
import type { Release, ReleaseFilter } from '../domain/release'
import { hasExpired } from '../domain/timing'
import type { OpenWebhook } from '../domain/webhook'
import type { PastEvent, ReplayRange, ReplayStore } from '../store/replays'
import type { TenantStore } from '../store/tenants'
import type { WebhookStore } from '../store/webhooks'

/** What a replay would do, as far as it can be told beforehand. */
export interface ReplayPlan {
  count: number
  /** From when on events are looked at. */
  from: Date
}

/** `cursor` none: there is nothing more to see. `isWaiting`: the next event is about to be delivered by itself. */
export interface ReplayPage {
  events: PastEvent[]
  cursor?: string
  isWaiting: boolean
}

/** Which events are delivered to a webhook once more. */
export interface Replays {
  /** None when the webhook is not there. */
  plan: (tenantId: string, filter: ReleaseFilter, at: Date) => Promise<ReplayPlan | undefined>
  /** The next `limit` events of a release that the webhook wants as it is now, in publish order. */
  next: (release: Release, limit: number) => Promise<ReplayPage>
}

export interface ReplaysDeps {
  replays: Pick<ReplayStore, 'count' | 'walk' | 'underWay'>
  webhooks: Pick<WebhookStore, 'open'>
  tenants: Pick<TenantStore, 'get'>
  /** By type and content. */
  wants: (webhook: OpenWebhook) => (event: HeraldEvent) => boolean
}

/** What is about to leave is not touched any more: clocks may differ, and a page takes a moment. */
const LEAVING_MS = 10 * 60_000
/** An event that is not dispatched after this is the sweeper's, whose dispatch finds the webhook by itself. */
const SETTLED_MS = 30_000
/** Events and length of data that one page looks at. */
const MOST_LOOKED_AT = 1_000
const MOST_LENGTH = 8 * 1024 * 1024

export function createReplays({ replays, webhooks, tenants, wants }: ReplaysDeps): Replays {
  async function oldest(tenantId: string, now: number): Promise<Date> {
    const tenant = await tenants.get(tenantId)
    return new Date(now - (tenant?.retentionMs ?? 0) + LEAVING_MS)
  }

  async function rangeOf(tenantId: string, filter: ReleaseFilter, webhook: OpenWebhook, at: Date): Promise<ReplayRange> {
    const { from = new Date(0), to = at, typeId, entityId, includeEarlier } = filter
    const bounds = [from, await oldest(tenantId, Date.now()), ...(includeEarlier ? [] : [webhook.createdAt])]
    return {
      from: latestOf(bounds),
      to: to < at ? to : at,
      typeIds: webhook.eventTypes.filter((id) => typeId === undefined || id === typeId),
      ...(entityId !== undefined && { entityId }),
    }
  }

  async function countWanted(tenantId: string, webhook: OpenWebhook, range: ReplayRange, at: Date): Promise<number> {
    if (!webhook.filter && !range.typeIds.some(isOperational)) return replays.count(tenantId, range, at, new Date(at.getTime() - SETTLED_MS))
    const isWanted = wants(webhook)
    let count = 0
    for await (const event of replays.walk(tenantId, range, undefined, webhook.filter !== undefined)) {
      const isThere = event.state === 'dispatched' || isSettling(event, at)
      if (isThere && !hasExpired(event, at) && isWanted(event)) count += 1
    }
    return count
  }

  return {
    plan: async (tenantId, filter, at) => {
      const webhook = await webhooks.open(tenantId, filter.webhookId ?? '')
      if (!webhook) return undefined
      const range = await rangeOf(tenantId, filter, webhook, at)
      const [wanted, underWay] = await Promise.all([
        countWanted(tenantId, webhook, range, at),
        replays.underWay(tenantId, webhook.id, range),
      ])
      return { count: Math.max(0, wanted - underWay), from: range.from }
    },

    next: async ({ tenantId, filter, cursor, createdAt }, limit) => {
      const webhook = await webhooks.open(tenantId, filter.webhookId ?? '')
      const page: ReplayPage = { events: [], isWaiting: false }
      if (!webhook) return page
      const range = await rangeOf(tenantId, filter, webhook, createdAt)
      const isWanted = wants(webhook)
      const now = new Date()
      let lookedAt = 0
      let length = 0
      for await (const event of replays.walk(tenantId, range, cursor, webhook.filter !== undefined)) {
        if (isSettling(event, now)) return { ...page, isWaiting: true }
        page.cursor = event.cursor
        lookedAt += 1
        length += event.data.length
        if (event.state === 'dispatched' && !hasExpired(event, now) && isWanted(event)) page.events.push(event)
        if (page.events.length === limit || lookedAt === MOST_LOOKED_AT || length > MOST_LENGTH) break
      }
      return page
    },
  }
}

const isSettling = ({ state, createdAt }: PastEvent, now: Date): boolean => state === 'waiting' && now.getTime() - createdAt.getTime() < SETTLED_MS

const latestOf = (times: Date[]): Date => new Date(Math.max(...times.map((time) => time.getTime())))
