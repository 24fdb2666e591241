import { changesInFull } from '../domain/changes'
import type { OpenWebhook, Webhook, WebhookSecrets } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import type { WebhookPatch, WebhookStore } from '../store/webhooks'
import type { Caller, Planned } from './route'
import { hiddenOf, patchSecrets } from './webhook-changes'
import type { CreateCall, PatchCall } from './webhook-handlers'
import type { WebhookPatchInput } from './webhook-input'
import { toWebhookView } from './webhook-views'

export interface WebhookPlanDeps {
  webhooks: Pick<WebhookStore, 'get'>
  catalog: EventCatalog
  open: (caller: Caller, id: string) => Promise<OpenWebhook>
  toWebhook: (call: CreateCall, secret: string) => Promise<Webhook & { secrets: WebhookSecrets }>
  toPatch: (standing: Webhook, body: WebhookPatchInput) => Promise<WebhookPatch>
}

/** What needs no second person: anything that is not named here does, also what is added later. */
const FREE = new Set<string>(['description', 'eventTypes', 'filter', 'retry', 'timeout', 'autoSuspend', 'rateLimit', 'maxInFlight', 'ordering', 'onExhausted'] satisfies (keyof WebhookPatchInput)[])

/** What a new webhook would be, and what a patch would make of one, for a second person to look at. */
export function webhookPlans({ webhooks, catalog, open, toWebhook, toPatch }: WebhookPlanDeps) {
  return {
    create: async (call: CreateCall): Promise<Planned> => {
      const webhook = await toWebhook(call, '')
      // Another key pair is made when it is approved.
      const { id, createdAt: _createdAt, status: _status, publicKey: _publicKey, ...shown } = await toWebhookView(webhook, catalog)
      const isThere = (await webhooks.get(call.tenantId, id)) !== undefined
      return { targets: [id], about: nameOf(webhook), changes: changesInFull({}, shown, hiddenOf(call.body)), state: { isThere }, needsSecret: true }
    },

    patch: async (call: PatchCall): Promise<Planned | undefined> => {
      const { body, params } = call
      const standing = await open(call, params.id)
      const guarded = Object.keys(body).filter((name) => !FREE.has(name) && !(name === 'url' && body.url === standing.url))
      if (guarded.length === 0) return undefined
      const patch = Object.entries(await toPatch(standing, body)).map(([name, value]) => [name, value ?? undefined])
      const secrets = patchSecrets(standing.secrets, body) ?? standing.secrets
      const after = { ...standing, ...(Object.fromEntries(patch) as Partial<Webhook>), secrets }
      const [old, young] = await Promise.all([toWebhookView(standing, catalog), toWebhookView(after, catalog)])
      const changes = changesInFull(old, young, hiddenOf(body))
      return { targets: [standing.id], about: nameOf(standing), changes, state: configOf(standing), ...(standing.secretsLost && hiddenOf(body).length > 0 && { needsSecret: true }) }
    },
  }
}

export const nameOf = ({ description, url }: Pick<Webhook, 'description' | 'url'>): string => description || url

/** What people have set, and nothing that changes by itself. */
export const configOf = ({ status: _status, updatedAt: _updatedAt, retryAfterUntil: _until, unverified: _unverified, resumedBy: _by, sealed: _sealed, ...config }: OpenWebhook): object => config
