import { z } from 'zod'
import type { Exchange, PostEvent } from '../delivery/post'
import { envelope } from '../domain/event'
import { newTestId } from '../domain/ids'
import { sampleData } from '../domain/sample-data'
import { liveSecrets } from '../domain/signing-secrets'
import type { OpenWebhook } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import type { WebhookStore } from '../store/webhooks'
import { attemptParts, errorOf } from './attempt-views'
import { typeFilter, typeIdOf } from './event-type-filter'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { named, time } from './views'
import type { CheckUrl } from './webhook-changes'

export interface WebhookTestDeps {
  webhooks: Pick<WebhookStore, 'open'>
  catalog: EventCatalog
  checkUrl: CheckUrl
  post: PostEvent
}

export function webhookTestRoutes({ webhooks, catalog, checkUrl, post }: WebhookTestDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/webhooks/check-url',
      audited: false,
      scope: 'read',
      tag: 'Webhooks',
      summary: 'May a webhook have this URL?',
      description: 'The rule by which webhooks are made and changed. Names are looked up at each attempt, not here.',
      body: urlInput,
      responses: { 200: { description: 'Whether it may, and why not.', schema: urlView } },
      handle: async ({ body: { url } }) => ({ status: 200, body: toUrlView(url, checkUrl) }),
    }),
    route({
      method: 'post',
      path: '/v1/webhooks/{id}/test',
      scope: 'manage',
      tag: 'Webhooks',
      summary: 'Send a test event now, and see what was said',
      description:
        'One POST with made-up data, signed and with the credentials of the webhook, whatever its status. It is no event: it is not kept, not retried, and changes nothing. Its id begins with `test_`.',
      params,
      body: testInput,
      responses: { 200: { description: 'What was sent and what came back, also when that was a failure.', schema: testView } },
      problems: [409],
      handle: test,
    }),
  ]

  async function test({ tenantId, params: { id }, body }: Call<{ id: string }, unknown, z.output<typeof testInput>>): Promise<Reply> {
    const webhook = found(await webhooks.open(tenantId, id), 'webhook', id)
    if (webhook.secretsLost) {
      throw new Problem('conflict', 'The secrets of the webhook cannot be opened, so that nothing can be signed: give auth and headers again with PATCH first.')
    }
    if (webhook.unverified) {
      throw new Problem('conflict', 'Its endpoint has not answered the challenge yet, and gets nothing before: POST /v1/webhooks/{id}/verify sends it again.')
    }
    const typeId = body.type === undefined ? (webhook.eventTypes[0] ?? 1) : await typeIdOf(catalog, body.type)
    const data = sampleData(typeId)
    const event = {
      id: newTestId(),
      tenantId,
      typeId,
      type: await catalog.nameOf(typeId),
      createdAt: new Date(),
      data: JSON.stringify(data),
      entityId: data.id,
    }
    const text = envelope(event)
    return { status: 200, body: toTestView(event.id, event.type, text, await post(toRequest(webhook, event.id, text))) }
  }
}

const toRequest = ({ url, timeoutMs, secrets, signatures }: OpenWebhook, eventId: string, body: string) => ({
  url,
  body,
  deliveryEventId: eventId,
  attempt: 1,
  timeoutMs,
  secrets: liveSecrets({ secrets, signatures }, new Date()),
  ...(secrets.auth && { auth: secrets.auth }),
  ...(secrets.headers && { headers: secrets.headers }),
  ...(secrets.clientCertificate && { clientCertificate: secrets.clientCertificate }),
})

const params = z.object({ id: z.string() })

const urlInput = z.strictObject({ url: z.string().max(4_096) })
named.add(urlInput, { id: 'UrlCheck' })

const urlView = z.object({
  ok: z.boolean(),
  reason: z.string().optional().describe('Why it may not.'),
  advice: z.string().optional().describe('What would be better, although it may.'),
})
named.add(urlView, { id: 'UrlVerdict' })

const HTTPS_ADVICE = 'HTTPS is recommended: over plain HTTP, everybody on the way can read the events and the credentials.'

function toUrlView(url: string, checkUrl: CheckUrl): z.infer<typeof urlView> {
  const verdict = checkUrl(url)
  if (!verdict.ok) return { ok: false, reason: verdict.reason }
  return { ok: true, ...(new URL(url).protocol === 'http:' && { advice: HTTPS_ADVICE }) }
}

const testInput = z.strictObject({ type: typeFilter.describe('The name of an event type or its Event ID; the first one of the webhook when not given.') })
named.add(testInput, { id: 'WebhookTest' })

const testView = z.object({
  eventId: z.string(),
  type: z.string(),
  startedAt: time,
  durationMs: z.number(),
  timing: attemptParts.timing.optional(),
  outcome: z.enum(['delivered', 'failed', 'gone', 'blocked']),
  request: attemptParts.request.extend({ body: z.string().describe('The bytes that were signed and sent.') }),
  response: attemptParts.response.optional(),
  error: attemptParts.error.optional(),
})
named.add(testView, { id: 'WebhookTestResult' })

function toTestView(eventId: string, type: string, body: string, exchange: Exchange): z.infer<typeof testView> {
  const { startedAt, durationMs, timing, request, response, outcome } = exchange
  const error = errorOf(outcome)
  return {
    eventId,
    type,
    startedAt: startedAt.toISOString(),
    durationMs,
    ...(timing && { timing }),
    outcome: outcome.kind,
    request: { ...request, body },
    ...(response && { response }),
    ...(error && { error }),
  }
}
