import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Filter } from '../domain/filter'
import type { Unverified } from '../domain/ownership'
import type { RateLimit } from '../domain/rate-limit'
import type { OpenWebhook, Sealer, StatusChange, Webhook, WebhookSecrets, WebhookStatus } from '../domain/webhook'
import type { Models } from './models'
import type { WebhookRecord } from './records'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'
import { createSubscribers, type Subscribers } from './subscribers'

export type WebhookPatch = Partial<
  Pick<Webhook, 'url' | 'description' | 'eventTypes' | 'retry' | 'timeoutMs' | 'autoSuspend'>
> & {
  /** With a new URL whose endpoint has to answer a challenge. */
  status?: 'paused'
  unverified?: Unverified
  /** null removes them. */
  filter?: Filter | null
  rateLimit?: RateLimit | null
  maxInFlight?: number | null
  /** Its receiver's wish is void: it is another one, or another caller. */
  retryAfterUntil?: null
  ordering?: Webhook['ordering'] | null
  signatures?: Webhook['signatures'] | null
  onExhausted?: Webhook['onExhausted'] | null
}

export interface WebhookStore {
  insert: (webhook: Webhook, secrets: WebhookSecrets) => Promise<void>
  get: (tenantId: string, id: string) => Promise<Webhook | undefined>
  list: (tenantId: string, request: PageRequest) => Promise<Page<Webhook>>
  /**
   * Where it changes how long deliveries wait, it is marked as one whose deliveries are to be retimed. Secrets, and
   * the URL, are in place of those that it was opened with: nothing is changed where these are others by now.
   */
  update: (tenantId: string, id: string, patch: WebhookPatch, secrets?: WebhookSecrets, opened?: Pick<OpenWebhook, 'sealed' | 'url'>) => Promise<Webhook | undefined>
  /** Nothing where they are not those that the webhook was opened with any more: somebody else's change would be undone. */
  replaceSecrets: (webhook: OpenWebhook, secrets: WebhookSecrets) => Promise<OpenWebhook | undefined>
  /** Moves the status when it is one of `from`; answers whether it did. None that has to prove something goes on by it. With a `reason` the change is to be told. */
  setStatus: (tenantId: string, id: string, from: WebhookStatus[], to: WebhookStatus, reason?: string, resumedBy?: string) => Promise<boolean>
  /** Its endpoint has answered the challenge: it goes on, unless a person had paused it. Nothing where it has another URL by now. */
  verified: (webhook: Pick<Webhook, 'tenantId' | 'id' | 'url'>) => Promise<Webhook | undefined>
  /** A person pauses it while its endpoint has to prove something: it does not go on by itself then. */
  stayPaused: (tenantId: string, id: string) => Promise<void>
  notVerified: (webhook: Pick<Webhook, 'tenantId' | 'id' | 'url'>, failure: string) => Promise<void>
  /** Its receiver has asked for no POST before `until`; a later time that stands stays. */
  setRetryAfter: (tenantId: string, id: string, until: Date) => Promise<void>
  /** Marks it as one whose deliveries are to be retimed; false where there was no wait. */
  endRetryAfter: (tenantId: string, id: string) => Promise<boolean>
  /** What has become of the webhook and is to be told, oldest first. */
  untold: (tenantId: string, id: string) => Promise<StatusChange[]>
  told: (tenantId: string, id: string, change: StatusChange) => Promise<void>
  /** Webhooks, of all tenants, of which something is to be told. */
  withUntold: (limit: number) => Promise<Pick<Webhook, 'tenantId' | 'id'>[]>
  /** Webhooks, of all tenants, whose deliveries are to be retimed, and until when. */
  toRetime: (limit: number) => Promise<(Pick<Webhook, 'tenantId' | 'id'> & { until: Date })[]>
  /** Takes the mark away, unless a newer one stands. */
  retimed: (tenantId: string, id: string, until: Date) => Promise<void>
  /** The ids of those that take no deliveries now, deleted ones too. */
  inactive: (tenantId: string) => Promise<string[]>
  /** Leaves a tombstone without credentials, which old deliveries still name; it is marked as uncancelled. */
  remove: (tenantId: string, id: string) => Promise<boolean>
  /** The deliveries of a deleted webhook are cancelled now. */
  markCancelled: (tenantId: string, id: string) => Promise<void>
  /** Deleted webhooks, of all tenants, whose deliveries may not all be cancelled. */
  uncancelled: (limit: number) => Promise<Pick<Webhook, 'tenantId' | 'id'>[]>
  /** Of one that is there: for what anybody may know. */
  tenantOf: (id: string) => Promise<string | undefined>
  /** With secrets, for a POST. Read afresh at every attempt, so that an edit counts at once. */
  open: (tenantId: string, id: string) => Promise<OpenWebhook | undefined>
  /**
   * Every webhook that gets new deliveries of these types, also those that hold them. From memory: a
   * change made by this process counts at once, one made by another within a second.
   */
  subscribers: (tenantId: string, typeIds: number[]) => Promise<OpenWebhook[]>
  /** Follows what other processes change, until the signal. */
  follow: Subscribers['follow']
}

const toWebhook = ({ _id, sealed: _sealed, deletedAt: _deletedAt, uncancelled: _mark, retimeUntil: _retime, untold: _untold, ...rest }: WebhookRecord): Webhook => ({
  id: _id,
  ...rest,
})

const context = (tenantId: string, id: string): string => `${tenantId}/${id}/secrets`

/** Those that were not told in all this time have been overtaken by newer ones. */
const MOST_UNTOLD = 20
const toBeTold = (status: WebhookStatus, reason: string) => ({
  $push: { untold: { $each: [{ status, reason, at: new Date() }], $slice: -MOST_UNTOLD } },
})

/** A POST that is in flight at the change goes by the old policy, and is answered within this. */
const RETIME_MS = 60_000
const retiming = () => ({ retimeUntil: new Date(Date.now() + RETIME_MS) })

const RECEIVING: WebhookStatus[] = ['active', 'paused', 'suspended']

export function createWebhookStore({ webhooks, hot }: Models, sealer: Sealer, logger: Logger): WebhookStore {
  const opened = new LRUCache<string, WebhookSecrets>({ max: 10_000 })
  const living = (tenantId: string, filter: object) => ({ ...scoped(tenantId, filter), deletedAt: { $exists: false } })

  function secretsOf({ tenantId, _id, sealed }: WebhookRecord): WebhookSecrets {
    const key = context(tenantId, _id)
    const cacheKey = `${key}/${sealed}`
    let secrets = opened.get(cacheKey)
    if (!secrets) {
      secrets = JSON.parse(sealer.open(sealed, key)) as WebhookSecrets
      opened.set(cacheKey, secrets)
    }
    return secrets
  }

  /** One webhook that cannot be opened is suspended; the others of its tenant go on. */
  async function openRecord(record: WebhookRecord): Promise<OpenWebhook> {
    try {
      return { ...toWebhook(record), secrets: secretsOf(record), sealed: record.sealed }
    } catch (error) {
      await suspend(record, error)
      const status = record.status === 'active' ? 'suspended' : record.status
      return { ...toWebhook(record), status, secrets: { signingSecrets: [] }, sealed: record.sealed, secretsLost: true }
    }
  }

  /** Unless it is sealed afresh by now. */
  async function suspend({ tenantId, _id, sealed }: WebhookRecord, error: unknown): Promise<void> {
    const asRead = { ...living(tenantId, { _id }), status: 'active' as const, sealed }
    const { modifiedCount } = await webhooks.updateOne(asRead, { $set: { status: 'suspended', updatedAt: new Date() }, ...toBeTold('suspended', 'secrets lost') })
    if (modifiedCount === 0) return
    logger.error({ err: error, tenantId, webhookId: _id }, 'the secrets of a webhook cannot be opened: it is suspended until they are given again')
  }

  const seal = (tenantId: string, id: string, secrets: WebhookSecrets): string =>
    sealer.seal(JSON.stringify(secrets), context(tenantId, id))

  const subscribers = createSubscribers(
    hot.webhooks,
    async (tenantId) => {
      const filter = { ...living(tenantId, {}), status: { $in: RECEIVING } }
      return Promise.all((await hot.webhooks.find(filter).toArray()).map(openRecord))
    },
  )

  return {
    insert: async ({ id, ...webhook }, secrets) => {
      await webhooks.create({ _id: id, ...webhook, sealed: seal(webhook.tenantId, id, secrets) })
      subscribers.forget(webhook.tenantId)
    },
    get: async (tenantId, id) => {
      const record = await webhooks.findOne(living(tenantId, { _id: id })).lean<WebhookRecord>()
      return record ? toWebhook(record) : undefined
    },
    list: async (tenantId, request) => page(webhooks, living(tenantId, {}), request, toWebhook, { tenantId: 1, deletedAt: 1, _id: -1 }),
    update: async (tenantId, id, patch, secrets, opened) => {
      const removed = Object.entries(patch).filter(([, value]) => value === null)
      const given = Object.entries(patch).filter(([, value]) => value !== null)
      const set = { ...Object.fromEntries(given), updatedAt: new Date(), ...(secrets && { sealed: seal(tenantId, id, secrets) }), ...((patch.retry ?? patch.retryAfterUntil) !== undefined && retiming()) }
      const unset = Object.fromEntries(removed.map(([name]) => [name, '']))
      const asOpened = { ...(secrets && opened?.sealed !== undefined && { sealed: opened.sealed }), ...(patch.url !== undefined && opened && { url: opened.url }) }
      const record = await webhooks
        .findOneAndUpdate(living(tenantId, { _id: id, ...asOpened }), { $set: set, ...(removed.length > 0 && { $unset: unset }) }, { returnDocument: 'after' })
        .lean<WebhookRecord>()
      subscribers.forget(tenantId)
      return record ? toWebhook(record) : undefined
    },
    replaceSecrets: async ({ tenantId, id, sealed = '' }, secrets) => {
      const record = await webhooks
        .findOneAndUpdate(living(tenantId, { _id: id, sealed }), { $set: { sealed: seal(tenantId, id, secrets), updatedAt: new Date() } }, { returnDocument: 'after' })
        .lean<WebhookRecord>()
      subscribers.forget(tenantId)
      return record ? openRecord(record) : undefined
    },
    setStatus: async (tenantId, id, from, status, reason, resumedBy) => {
      const { modifiedCount } = await webhooks.updateOne(
        { ...living(tenantId, { _id: id }), status: { $in: from }, ...(status === 'active' && { unverified: { $exists: false } }) },
        { $set: { status, updatedAt: new Date(), ...(resumedBy !== undefined && { resumedBy }) }, ...(resumedBy === undefined && { $unset: { resumedBy: '' as const } }), ...(reason !== undefined && toBeTold(status, reason)) },
      )
      subscribers.forget(tenantId)
      return modifiedCount === 1
    },
    verified: async ({ tenantId, id, url }) => {
      const goesOn = { $and: [{ $eq: ['$unverified.resumes', true] }, { $eq: ['$status', 'paused'] }] }
      const record = await webhooks
        .findOneAndUpdate(
          { ...living(tenantId, { _id: id, url }), unverified: { $exists: true } },
          [{ $set: { status: { $cond: [goesOn, 'active', '$status'] }, updatedAt: new Date() } }, { $unset: ['unverified', 'resumedBy'] }],
          { returnDocument: 'after', updatePipeline: true },
        )
        .lean<WebhookRecord>()
      subscribers.forget(tenantId)
      return record ? toWebhook(record) : undefined
    },
    stayPaused: async (tenantId, id) => {
      await webhooks.updateOne({ ...living(tenantId, { _id: id }), unverified: { $exists: true } }, { $set: { 'unverified.resumes': false } })
    },
    notVerified: async ({ tenantId, id, url }, failure) => {
      await webhooks.updateOne({ ...living(tenantId, { _id: id, url }), unverified: { $exists: true } }, { $set: { 'unverified.failure': failure, 'unverified.triedAt': new Date() } })
    },
    inactive: async (tenantId) =>
      (await hot.webhooks.find(scoped(tenantId, { status: { $ne: 'active' as const } }), { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    remove: async (tenantId, id) => {
      const { modifiedCount } = await webhooks.updateOne(living(tenantId, { _id: id }), {
        $set: { deletedAt: new Date(), status: 'disabled', sealed: '', uncancelled: true },
      })
      subscribers.forget(tenantId)
      return modifiedCount === 1
    },
    markCancelled: async (tenantId, id) => {
      await webhooks.updateOne(scoped(tenantId, { _id: id }), { $unset: { uncancelled: '' } })
    },
    uncancelled: async (limit) => {
      const marked = await webhooks.find({ uncancelled: true }).limit(limit).lean<WebhookRecord[]>()
      return marked.map(({ _id, tenantId }) => ({ id: _id, tenantId }))
    },
    setRetryAfter: async (tenantId, id, until) => {
      await hot.webhooks.updateOne(scoped(tenantId, { _id: id }), { $max: { retryAfterUntil: until } })
      subscribers.forget(tenantId)
    },
    endRetryAfter: async (tenantId, id) => {
      const { modifiedCount } = await hot.webhooks.updateOne(
        { ...scoped(tenantId, { _id: id }), retryAfterUntil: { $gt: new Date() } },
        { $set: retiming(), $unset: { retryAfterUntil: '' } },
      )
      subscribers.forget(tenantId)
      return modifiedCount === 1
    },
    toRetime: async (limit) => {
      const marked = await hot.webhooks.find({ retimeUntil: { $exists: true } }, { limit, projection: { tenantId: 1, retimeUntil: 1 } }).toArray()
      return marked.map(({ _id, tenantId, retimeUntil: until = new Date(0) }) => ({ id: _id, tenantId, until }))
    },
    retimed: async (tenantId, id, until) => {
      await hot.webhooks.updateOne(scoped(tenantId, { _id: id, retimeUntil: until }), { $unset: { retimeUntil: '' } })
    },
    untold: async (tenantId, id) => (await hot.webhooks.findOne(scoped(tenantId, { _id: id })))?.untold ?? [],
    told: async (tenantId, id, { at }) => {
      await hot.webhooks.updateOne(scoped(tenantId, { _id: id }), { $pull: { untold: { at } } })
    },
    withUntold: async (limit) => {
      const found = await hot.webhooks.find({ 'untold.at': { $exists: true } }, { limit, projection: { tenantId: 1 } }).toArray()
      return found.map(({ _id, tenantId }) => ({ id: _id, tenantId }))
    },
    open: async (tenantId, id) => {
      const record = await hot.webhooks.findOne(living(tenantId, { _id: id }))
      return record ? openRecord(record) : undefined
    },
    tenantOf: async (id) =>
      (await hot.webhooks.findOne({ _id: id, deletedAt: { $exists: false } }, { projection: { tenantId: 1 } }))?.tenantId,
    subscribers: subscribers.find,
    follow: subscribers.follow,
  }
}
