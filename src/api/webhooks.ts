import { z } from 'zod'
import { route, type Route } from './route'
import { listOf, paging } from './views'
import { webhookHandlers, type WebhookDeps } from './webhook-handlers'
import { webhookInput, webhookPatch } from './webhook-input'
import { createdWebhookView, patchedWebhookView, webhookView } from './webhook-views'

const params = z.object({ id: z.string() })
const about = { tag: 'Webhooks', params }

export function webhookRoutes(deps: WebhookDeps): Route[] {
  const { plans, create, list, get, patch, remove, pause, disable, resume } = webhookHandlers(deps)
  return [
    route({
      method: 'post',
      path: '/v1/webhooks',
      scope: 'manage',
      tag: 'Webhooks',
      summary: 'Make a webhook',
      body: webhookInput,
      responses: { 201: { description: 'Made. The secret is shown this once.', schema: createdWebhookView } },
      plan: { make: plans.create },
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
        'What is not named stays; null removes, or restores the default. The next attempt of every delivery uses the change, also of those under way; types and filter count for the events to come.',
      body: webhookPatch,
      responses: { 200: { description: 'Changed.', schema: patchedWebhookView } },
      problems: [409],
      plan: { make: plans.patch },
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
      handle: remove,
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
      handle: pause,
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/webhooks/{id}/disable',
      scope: 'manage',
      summary: 'Disable a webhook',
      description: 'It gets no new events, as after its receiver has answered 410. What waits for an attempt is parked when its time comes; what is held or parked stays so. A resume ends it, and brings nothing that was published meanwhile: a replay does.',
      responses: { 200: { description: 'Disabled.', schema: webhookView } },
      problems: [409],
      handle: disable,
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/webhooks/{id}/resume',
      scope: 'manage',
      summary: 'Resume a webhook',
      description: 'Also a suspended or disabled one. What was held goes out as a release, oldest first. A wait that its receiver has asked for with `Retry-After` ends.',
      responses: { 200: { description: 'Active.', schema: webhookView } },
      problems: [409],
      handle: resume,
    }),
  ]
}
