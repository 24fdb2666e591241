import { z } from 'zod'
import type { PostEvent } from '../delivery/post'
import { newToken, newVerificationId } from '../domain/ids'
import { challengeBody, isEcho, type Unverified } from '../domain/ownership'
import { liveSecrets } from '../domain/signing-secrets'
import type { OpenWebhook } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import type { Steering } from '../steering/steering'
import type { HealthStore } from '../store/health'
import type { TenantStore } from '../store/tenants'
import type { WebhookStore } from '../store/webhooks'
import { errorOf } from './attempt-views'
import { found, Problem } from './problem'
import { route, type Route } from './route'
import { toWebhookView, webhookView } from './webhook-views'

export interface OwnershipDeps {
  tenants: Pick<TenantStore, 'get'>
  webhooks: Pick<WebhookStore, 'open' | 'verified' | 'notVerified'>
  steering: Pick<Steering, 'resume'>
  post: PostEvent
}

export interface Ownership {
  /** What a webhook with a new URL is, where its tenant asks for a challenge. */
  begin: (tenantId: string, standing?: Pick<OpenWebhook, 'status' | 'unverified'>) => Promise<{ unverified: Unverified; status?: 'paused' } | undefined>
  /** Sends the challenge; answers whether there is nothing to prove any more. */
  verify: (tenantId: string, id: string, by: string) => Promise<void>
  /** Whether it may go on although its endpoint has proven nothing. */
  isFree: (webhook: OpenWebhook) => Promise<boolean>
}

/** Who makes or changes a webhook waits for it. */
const LONGEST_MS = 5_000

export function createOwnership({ tenants, webhooks, steering, post }: OwnershipDeps): Ownership {
  const asks = async (tenantId: string): Promise<boolean> => (await tenants.get(tenantId))?.ownershipCheck === true

  /** Nothing when it has answered as it should, else why not. */
  async function challenge(webhook: OpenWebhook): Promise<string | undefined> {
    const { id, url, timeoutMs, secrets } = webhook
    const [token, deliveryEventId] = [newToken(), newVerificationId()]
    const { outcome, response } = await post({
      url,
      body: challengeBody(deliveryEventId, id, token, new Date()),
      deliveryEventId,
      attempt: 1,
      timeoutMs: Math.min(timeoutMs, LONGEST_MS),
      secrets: liveSecrets(webhook, new Date()),
      ...(secrets.auth && { auth: secrets.auth }),
      ...(secrets.headers && { headers: secrets.headers }),
      ...(secrets.clientCertificate && { clientCertificate: secrets.clientCertificate }),
    })
    if (outcome.kind !== 'delivered') return errorOf(outcome)?.detail ?? 'It failed'
    return isEcho(token, response?.body ?? '') ? undefined : `It answered ${outcome.status}, but did not repeat the challenge`
  }

  return {
    begin: async (tenantId, standing) => {
      if (!(await asks(tenantId))) return undefined
      const isHeldNow = standing?.status === 'paused' || standing?.status === 'disabled'
      const resumes = standing?.unverified?.resumes ?? !isHeldNow
      return { unverified: { since: new Date(), resumes }, ...(!isHeldNow && { status: 'paused' as const }) }
    },
    verify: async (tenantId, id, by) => {
      const webhook = await webhooks.open(tenantId, id)
      if (!webhook?.unverified || webhook.secretsLost) return
      const failure = await challenge(webhook)
      if (failure !== undefined) {
        await webhooks.notVerified(webhook, failure)
        return
      }
      // Of another URL by now it says nothing.
      const verified = await webhooks.verified(webhook)
      if (verified?.status === 'active') await steering.resume(tenantId, id, by)
    },
    isFree: async ({ tenantId, unverified }) => !unverified || !(await asks(tenantId)),
  }
}

export interface OwnershipRouteDeps {
  ownership: Ownership
  webhooks: Pick<WebhookStore, 'open'>
  health: Pick<HealthStore, 'find'>
  catalog: EventCatalog
}

export function ownershipRoutes({ ownership, webhooks, health, catalog }: OwnershipRouteDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/webhooks/{id}/verify',
      scope: 'manage',
      tag: 'Webhooks',
      summary: 'Ask the endpoint again whether it wants events',
      description:
        'Where a tenant has `ownershipCheck`, a webhook with a new URL is paused until its endpoint has answered a challenge: a POST, signed like any other, whose body has the type `webhook.verification` and `data.challenge`. It answers 2XX within 5 s, with `{ "challenge": "…" }` or with the challenge as the whole text. Then the webhook goes on, and what was held goes out. The answer has no `verification` any more, or says what went wrong.',
      params: z.object({ id: z.string() }),
      responses: { 200: { description: 'The webhook, verified or not.', schema: webhookView } },
      problems: [409],
      handle: async ({ tenantId, keyId, params: { id } }) => {
        const before = found(await webhooks.open(tenantId, id), 'webhook', id)
        if (before.secretsLost) throw new Problem('conflict', 'The secrets of the webhook cannot be opened, so that nothing can be signed: give auth and headers again with PATCH first.')
        await ownership.verify(tenantId, id, keyId)
        const webhook = found(await webhooks.open(tenantId, id), 'webhook', id)
        return { status: 200, body: await toWebhookView(webhook, catalog, (await health.find([id])).get(id)) }
      },
    }),
  ]
}
