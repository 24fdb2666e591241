import type { z } from 'zod'
import { newId } from '../domain/ids'
import { DEFAULT_RETRY_POLICY, TIMEOUT } from '../domain/retry-policy'
import type { OpenWebhook, Webhook } from '../domain/webhook'
import type { Steering, WebhookSteeringResult } from '../steering/steering'
import type { EventCatalog } from '../publish/event-catalog'
import type { HealthStore } from '../store/health'
import type { WebhookPatch, WebhookStore } from '../store/webhooks'
import { found, Problem } from './problem'
import type { Call, Caller, Reply } from './route'
import type { paging } from './views'
import { mergeOrdering, mergeRetry, newSecrets, patchSecrets, readTargets, type CheckUrl } from './webhook-changes'
import type { WebhookInput, WebhookPatchInput } from './webhook-input'
import { toWebhookView } from './webhook-views'

export interface WebhookDeps {
  webhooks: Pick<WebhookStore, 'insert' | 'list' | 'update' | 'open'>
  health: Pick<HealthStore, 'find'>
  steering: Pick<Steering, 'pause' | 'disable' | 'resume' | 'remove' | 'edited'>
  catalog: EventCatalog
  checkUrl: CheckUrl
  newSecret: () => string
}

type ById = Call<{ id: string }>

export function webhookHandlers({ webhooks, health, steering, catalog, checkUrl, newSecret }: WebhookDeps) {
  const open = async ({ tenantId }: Caller, id: string): Promise<OpenWebhook> =>
    found(await webhooks.open(tenantId, id), 'webhook', id)

  const answer = async (webhook: OpenWebhook): Promise<Reply> => ({
    status: 200,
    body: await toWebhookView(webhook, catalog, (await health.find([webhook.id])).get(webhook.id)),
  })

  return {
    create: async ({ tenantId, body }: Call<unknown, unknown, WebhookInput>): Promise<Reply> => {
      const eventTypes = await readTargets(body, checkUrl, catalog)
      const { ordering, onExhausted } = mergeOrdering({}, body)
      const secret = newSecret()
      const now = new Date()
      const webhook: Webhook = {
        id: newId('webhook'),
        tenantId,
        url: body.url,
        ...(body.description && { description: body.description }),
        eventTypes,
        ...(body.filter && { filter: body.filter }),
        status: 'active',
        retry: mergeRetry(DEFAULT_RETRY_POLICY, body.retry),
        timeoutMs: body.timeout ?? TIMEOUT.defaultMs,
        ...(body.autoSuspend !== undefined && { autoSuspend: body.autoSuspend }),
        ...(body.rateLimit && { rateLimit: body.rateLimit }),
        ...(body.maxInFlight !== undefined && { maxInFlight: body.maxInFlight }),
        ...(ordering && { ordering }),
        ...(onExhausted && { onExhausted }),
        createdAt: now,
        updatedAt: now,
      }
      const secrets = newSecrets(secret, body)
      await webhooks.insert(webhook, secrets)
      return { status: 201, body: { ...(await toWebhookView({ ...webhook, secrets }, catalog)), secret } }
    },

    list: async ({ tenantId, query }: Call<unknown, z.output<typeof paging>>): Promise<Reply> => {
      const { data, nextCursor } = await webhooks.list(tenantId, query)
      const failing = await health.find(data.map(({ id }) => id))
      const opened = await Promise.all(data.map(({ id }) => webhooks.open(tenantId, id)))
      const views = opened.filter((webhook) => webhook !== undefined).map((webhook) => toWebhookView(webhook, catalog, failing.get(webhook.id)))
      return { status: 200, body: { data: await Promise.all(views), nextCursor } }
    },

    get: async (call: ById): Promise<Reply> => answer(await open(call, call.params.id)),

    patch: async (call: Call<{ id: string }, unknown, WebhookPatchInput>): Promise<Reply> => {
      const { tenantId, body } = call
      const { id } = call.params
      const { secretsLost, ...standing } = await open(call, id)
      // The signing secret was lost with the others.
      const secret = secretsLost && newSecret()
      const secrets = patchSecrets(secret ? { signingSecrets: [secret] } : standing.secrets, body)
      const changes = await toPatch(standing, body)
      const changed = await webhooks.update(tenantId, id, changes, secrets, standing.sealed)
      if (!changed) {
        await open(call, id)
        throw new Problem('conflict', 'The secrets of the webhook were changed by another request in this moment: send the change again.')
      }
      await steering.edited(tenantId, id, (changes.retry ?? changes.retryAfterUntil) !== undefined)
      if (!secrets) return answer({ ...changed, secrets: standing.secrets, ...(secretsLost && { secretsLost }) })
      const { status, body: view } = await answer({ ...changed, secrets })
      return { status, body: { ...Object(view), ...(secret && { secret }) } }
    },

    pause: (call: ById): Promise<Reply> => steer(steering.pause, call),
    disable: (call: ById): Promise<Reply> => steer(steering.disable, call),
    resume: async (call: ById): Promise<Reply> => {
      const { secretsLost, status } = await open(call, call.params.id)
      if (secretsLost) throw new Problem('conflict', SECRETS_LOST, { members: { currentStatus: status } })
      return steer((tenantId, id) => steering.resume(tenantId, id, call.keyId), call)
    },

    remove: async ({ tenantId, params: { id } }: ById): Promise<Reply> => {
      done(await steering.remove(tenantId, id), id)
      return { status: 204 }
    },
  }

  async function steer(move: Steering['pause'], call: ById): Promise<Reply> {
    const { id } = call.params
    done(await move(call.tenantId, id), id)
    return answer(await open(call, id))
  }

  async function toPatch({ retry, ordering, onExhausted }: Webhook, body: WebhookPatchInput): Promise<WebhookPatch> {
    const eventTypes = await readTargets(body, checkUrl, catalog)
    return {
      ...(body.url !== undefined && { url: body.url }),
      ...(body.eventTypes !== undefined && { eventTypes }),
      ...(body.filter !== undefined && { filter: body.filter }),
      ...(body.description !== undefined && { description: body.description ?? '' }),
      ...(body.retry !== undefined && { retry: mergeRetry(retry, body.retry) }),
      ...(body.timeout !== undefined && { timeoutMs: body.timeout ?? TIMEOUT.defaultMs }),
      ...(body.autoSuspend !== undefined && { autoSuspend: body.autoSuspend ?? true }),
      ...(body.rateLimit !== undefined && { rateLimit: body.rateLimit }),
      ...(body.maxInFlight !== undefined && { maxInFlight: body.maxInFlight }),
      // Whoever asked for the wait was another receiver, or knew another caller.
      ...([body.url, body.auth, body.headers].some((given) => given !== undefined) && { retryAfterUntil: null }),
      ...((body.ordering !== undefined || body.onExhausted !== undefined) && mergeOrdering({ ordering, onExhausted }, body)),
    }
  }
}

const SECRETS_LOST =
  'The secrets of the webhook cannot be opened. Give auth and headers again with PATCH (null for none): that makes a new signing secret, which the answer shows. Then resume it.'

function done(result: WebhookSteeringResult, id: string): void {
  if (result.kind === 'not found') found(undefined, 'webhook', id)
  if (result.kind === 'not allowed') {
    const detail = `The webhook is ${result.status}, which does not allow this.`
    throw new Problem('conflict', detail, { members: { currentStatus: result.status } })
  }
}
