import { z } from 'zod'
import { newId } from '../domain/ids'
import { DEFAULT_RETRY_POLICY, TIMEOUT } from '../domain/retry-policy'
import type { OpenWebhook, Webhook } from '../domain/webhook'
import type { Steering, WebhookSteeringResult } from '../steering/steering'
import type { WebhookPatch, WebhookStore } from '../store/webhooks'
import type { EventCatalog } from '../store/event-catalog'
import { found, Problem } from './problem'
import { route, type Call, type Caller, type Reply, type Route } from './route'
import { listOf, paging } from './views'
import { mergeRetry, newSecrets, patchSecrets, readTargets, type CheckUrl } from './webhook-changes'
import { webhookInput, webhookPatch, type WebhookInput, type WebhookPatchInput } from './webhook-input'
import { createdWebhookView, toWebhookView, webhookView } from './webhook-views'

export interface WebhookDeps {
  webhooks: Pick<WebhookStore, 'insert' | 'list' | 'update' | 'open'>
  steering: Pick<Steering, 'pause' | 'resume' | 'remove'>
  catalog: EventCatalog
  checkUrl: CheckUrl
  newSecret: () => string
}

const params = z.object({ id: z.string() })
type ById = Call<{ id: string }>

const about = { tag: 'Webhooks', params }

export function webhookRoutes(deps: WebhookDeps): Route[] {
  const { steering } = deps
  const { create, list, get, patch, steer } = webhookHandlers(deps)
  return [
    route({
      method: 'post',
      path: '/v1/webhooks',
      scope: 'manage',
      tag: 'Webhooks',
      summary: 'Make a webhook',
      body: webhookInput,
      responses: { 201: { description: 'Made. The secret is shown this once.', schema: createdWebhookView } },
      handle: create,
    }),
    route({
      method: 'get',
      path: '/v1/webhooks',
      scope: 'read',
      tag: 'Webhooks',
      summary: 'List webhooks',
      query: paging,
      responses: { 200: { description: 'A page of webhooks, newest first.', schema: listOf(webhookView, 'WebhookList') } },
      handle: list,
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/webhooks/{id}',
      scope: 'read',
      summary: 'Look at a webhook',
      responses: { 200: { description: 'The webhook.', schema: webhookView } },
      handle: get,
    }),
    route({
      ...about,
      method: 'patch',
      path: '/v1/webhooks/{id}',
      scope: 'manage',
      summary: 'Change a webhook',
      description:
        'What is not named stays; null removes, or restores the default. The next attempt of every delivery uses the change, also of those under way.',
      body: webhookPatch,
      responses: { 200: { description: 'Changed.', schema: webhookView } },
      handle: patch,
    }),
    route({
      ...about,
      method: 'delete',
      path: '/v1/webhooks/{id}',
      scope: 'manage',
      summary: 'Delete a webhook',
      description: 'Its deliveries are cancelled and its credentials erased.',
      responses: { 204: { description: 'Deleted.' } },
      handle: async ({ tenantId, params: { id } }) => {
        done(await steering.remove(tenantId, id), id)
        return { status: 204 }
      },
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/webhooks/{id}/pause',
      scope: 'manage',
      summary: 'Pause a webhook',
      description: 'Its deliveries are held until it is resumed. Pausing again is fine.',
      responses: { 200: { description: 'Paused.', schema: webhookView } },
      problems: [409],
      handle: (call) => steer(steering.pause, call),
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/webhooks/{id}/resume',
      scope: 'manage',
      summary: 'Resume a webhook',
      description: 'Also a suspended or disabled one. What was held is delivered, oldest first.',
      responses: { 200: { description: 'Active.', schema: webhookView } },
      problems: [409],
      handle: (call) => steer(steering.resume, call),
    }),
  ]
}

function webhookHandlers({ webhooks, catalog, checkUrl, newSecret }: WebhookDeps) {
  const open = async ({ tenantId }: Caller, id: string): Promise<OpenWebhook> =>
    found(await webhooks.open(tenantId, id), 'webhook', id)

  const answer = async (webhook: OpenWebhook): Promise<Reply> => ({
    status: 200,
    body: await toWebhookView(webhook, catalog),
  })

  return {
    create: async ({ tenantId, body }: Call<unknown, unknown, WebhookInput>): Promise<Reply> => {
      const eventTypes = await readTargets(body, checkUrl, catalog)
      const secret = newSecret()
      const now = new Date()
      const webhook: Webhook = {
        id: newId('webhook'),
        tenantId,
        url: body.url,
        ...(body.description && { description: body.description }),
        eventTypes,
        status: 'active',
        retry: mergeRetry(DEFAULT_RETRY_POLICY, body.retry),
        timeoutMs: body.timeout ?? TIMEOUT.defaultMs,
        createdAt: now,
        updatedAt: now,
      }
      const secrets = newSecrets(secret, body)
      await webhooks.insert(webhook, secrets)
      return { status: 201, body: { ...(await toWebhookView({ ...webhook, secrets }, catalog)), secret } }
    },

    list: async ({ tenantId, query }: Call<unknown, z.output<typeof paging>>): Promise<Reply> => {
      const { data, nextCursor } = await webhooks.list(tenantId, query)
      const opened = await Promise.all(data.map(({ id }) => webhooks.open(tenantId, id)))
      const views = opened.filter((webhook) => webhook !== undefined).map((webhook) => toWebhookView(webhook, catalog))
      return { status: 200, body: { data: await Promise.all(views), nextCursor } }
    },

    get: async (call: ById): Promise<Reply> => answer(await open(call, call.params.id)),

    patch: async (call: Call<{ id: string }, unknown, WebhookPatchInput>): Promise<Reply> => {
      const { tenantId, body } = call
      const { id } = call.params
      const standing = await open(call, id)
      const secrets = patchSecrets(standing.secrets, body)
      const changed = await webhooks.update(tenantId, id, await toPatch(standing, body), secrets)
      return answer({ ...found(changed, 'webhook', id), secrets: secrets ?? standing.secrets })
    },

    steer: async (steering: Steering['pause'], call: ById): Promise<Reply> => {
      done(await steering(call.tenantId, call.params.id), call.params.id)
      return answer(await open(call, call.params.id))
    },
  }

  async function toPatch({ retry }: Webhook, body: WebhookPatchInput): Promise<WebhookPatch> {
    const eventTypes = await readTargets(body, checkUrl, catalog)
    return {
      ...(body.url !== undefined && { url: body.url }),
      ...(body.eventTypes !== undefined && { eventTypes }),
      ...(body.description !== undefined && { description: body.description ?? '' }),
      ...(body.retry !== undefined && { retry: mergeRetry(retry, body.retry) }),
      ...(body.timeout !== undefined && { timeoutMs: body.timeout ?? TIMEOUT.defaultMs }),
    }
  }
}

function done(result: WebhookSteeringResult, id: string): void {
  if (result.kind === 'not found') found(undefined, 'webhook', id)
  if (result.kind === 'not allowed') {
    const detail = `The webhook is ${result.status}, which does not allow this.`
    throw new Problem('conflict', detail, { members: { currentStatus: result.status } })
  }
}
