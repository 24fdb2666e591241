import { z } from 'zod'
import { formatDuration } from '../domain/duration'
import { filterNode } from '../domain/filter'
import type { Failing } from '../domain/health'
import type { Unverified } from '../domain/ownership'
import { RATE_PERIODS } from '../domain/rate-limit'
import { ON_EXHAUSTED, ORDERINGS } from '../domain/ordering'
import { describeCertificate } from '../delivery/client-certificate'
import { publicKeyOf } from '../delivery/sign'
import { DEFAULT_SIGNATURES, retiringAt } from '../domain/signing-secrets'
import { SIGNATURE_KINDS, WEBHOOK_STATUSES, type OpenWebhook, type ReceiverAuth, type WebhookStatus } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import { named, time } from './views'

export const webhookView = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().optional(),
  eventTypes: z.array(z.string()),
  eventTypeIds: z.array(z.int()),
  filter: filterNode.optional(),
  status: z.enum(WEBHOOK_STATUSES),
  secretsLost: z
    .literal(true)
    .optional()
    .describe(
      'Its sealed secrets cannot be opened, so that it is suspended. PATCH `auth`, `headers` and `clientCertificate` (null for none): that makes a new signing secret. Then resume it.',
    ),
  auth: z
    .object({
      type: z.enum(['basic', 'bearer', 'oauth2']),
      tokenUrl: z.string().optional(),
      clientId: z.string().optional(),
      scope: z.string().optional(),
      audience: z.string().optional(),
      clientAuthentication: z.enum(['basic', 'body']).optional(),
    })
    .optional()
    .describe('What kind of credentials there are, and of OAuth 2.0 what is no secret; the rest is never shown.'),
  retiringSecretsUntil: z.array(time).optional().describe('Signing secrets that were replaced and sign as well, each until that time.'),
  clientCertificate: z
    .object({ subject: z.string(), issuer: z.string(), validFrom: time, expiresAt: time, fingerprint: z.string().describe('SHA-256') })
    .optional()
    .describe('With which Herald shows itself to the receiver; the key is never shown.'),
  signatures: z.array(z.enum(SIGNATURE_KINDS)).describe('How its POSTs are signed.'),
  publicKey: z.string().optional().describe('Verifies the signatures `v1a`: `whpk_…`. Also at `/v1/webhooks/{id}/jwks`, for anybody.'),
  retiringPublicKeys: z.array(z.object({ publicKey: z.string(), until: time })).optional().describe('Public keys that were replaced, whose private keys sign as well until that time.'),
  headers: z.array(z.string()).optional().describe('The names of the extra headers; values are never shown.'),
  retry: z.object({
    maximumAttempts: z.int(),
    initialInterval: z.string(),
    backoffCoefficient: z.number(),
    maximumInterval: z.string(),
  }),
  timeout: z.string(),
  autoSuspend: z.boolean(),
  rateLimit: z.object({ requests: z.int(), per: z.enum(RATE_PERIODS) }).optional(),
  maxInFlight: z.int().optional(),
  retryAfterUntil: time
    .optional()
    .describe('Its receiver has asked with `Retry-After` for no POST before, or the egress proxy of Herald is away. Deliveries wait until then and use up no attempt; a resume ends the wait, and so does another url, auth or headers.'),
  ordering: z.enum(ORDERINGS).optional().describe('`key`: events with the same `orderingKey` arrive in publish order, one at a time.'),
  onExhausted: z.enum(ON_EXHAUSTED).optional().describe('Of an ordered webhook: whether a key waits for an event that is out of attempts.'),
  failing: z
    .object({ since: time, failures: z.int(), nextProbeAt: time.optional().describe('When a suspended one is tried again.') })
    .optional()
    .describe('What has failed since its last delivery.'),
  verification: z
    .object({ since: time, triedAt: time.optional(), failure: z.string().optional().describe('Why the last challenge counts as not answered.') })
    .optional()
    .describe('Pending: its endpoint has not answered a challenge yet. What it would get is held, and goes out once it has: `POST /v1/webhooks/{id}/verify`.'),
  createdAt: time,
  updatedAt: time,
})
named.add(webhookView, { id: 'Webhook' })

export const createdWebhookView = webhookView.extend({
  secret: z.string().describe('Signs every POST (Standard Webhooks). Shown this once.'),
})
named.add(createdWebhookView, { id: 'CreatedWebhook' })

export const patchedWebhookView = webhookView.extend({
  secret: z.string().optional().describe('The new signing secret, shown this once: only where the old one was lost.'),
})
named.add(patchedWebhookView, { id: 'PatchedWebhook' })

/** Of what is hidden, only that it is there. */
export async function toWebhookView(webhook: OpenWebhook, catalog: EventCatalog, failing?: Failing): Promise<z.infer<typeof webhookView>> {
  const { id, url, description, eventTypes, filter, status, retry, timeoutMs, createdAt, updatedAt, secrets, secretsLost } = webhook
  return {
    id,
    url,
    ...(description && { description }),
    eventTypes: await Promise.all(eventTypes.map((typeId) => catalog.nameOf(typeId))),
    eventTypeIds: eventTypes,
    ...(filter && { filter }),
    status,
    ...(secretsLost && { secretsLost }),
    ...(secrets.auth && { auth: toAuthView(secrets.auth) }),
    ...toSignaturesView(webhook),
    ...toCertificateView(webhook),
    ...(secrets.headers && { headers: Object.keys(secrets.headers) }),
    retry: {
      maximumAttempts: retry.maximumAttempts,
      initialInterval: formatDuration(retry.initialIntervalMs),
      backoffCoefficient: retry.backoffCoefficient,
      maximumInterval: formatDuration(retry.maximumIntervalMs),
    },
    timeout: formatDuration(timeoutMs),
    autoSuspend: webhook.autoSuspend ?? true,
    ...toBoundsView(webhook),
    ...(webhook.ordering && { ordering: webhook.ordering, onExhausted: webhook.onExhausted ?? 'block' }),
    ...(webhook.unverified && { verification: toVerificationView(webhook.unverified) }),
    ...(failing && { failing: toFailingView(failing, status) }),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

function toAuthView(auth: ReceiverAuth) {
  if (auth.type !== 'oauth2') return { type: auth.type }
  const { clientSecret: _secret, ...shown } = auth
  return shown
}

function toSignaturesView({ secrets, signatures = DEFAULT_SIGNATURES }: OpenWebhook) {
  const now = new Date()
  const retiring = retiringAt(secrets, now).map(({ until }) => until)
  const retiringKeys = retiringAt(secrets, now, 'v1a').map(({ secret, until }) => ({ publicKey: publicKeyOf(secret), until }))
  const [signingKey] = signatures.includes('v1a') ? (secrets.signingKeys ?? []) : []
  return {
    signatures,
    ...(retiring.length > 0 && { retiringSecretsUntil: retiring }),
    ...(signingKey !== undefined && { publicKey: publicKeyOf(signingKey), ...(retiringKeys.length > 0 && { retiringPublicKeys: retiringKeys }) }),
  }
}

function toCertificateView({ secrets: { clientCertificate } }: OpenWebhook) {
  const facts = clientCertificate && describeCertificate(clientCertificate)
  return facts && { clientCertificate: { ...facts, validFrom: facts.validFrom.toISOString(), expiresAt: facts.expiresAt.toISOString() } }
}

const toBoundsView = ({ rateLimit, maxInFlight, retryAfterUntil }: OpenWebhook) => ({
  ...(rateLimit && { rateLimit }),
  ...(maxInFlight !== undefined && { maxInFlight }),
  ...(retryAfterUntil && retryAfterUntil.getTime() > Date.now() && { retryAfterUntil: retryAfterUntil.toISOString() }),
})

const toVerificationView = ({ since, triedAt, failure }: Unverified) => ({
  since: since.toISOString(),
  ...(triedAt && { triedAt: triedAt.toISOString() }),
  ...(failure !== undefined && { failure }),
})

const toFailingView = ({ since, failures, nextProbeAt }: Failing, status: WebhookStatus) => ({
  since: since.toISOString(),
  failures,
  ...(status === 'suspended' && nextProbeAt && { nextProbeAt: nextProbeAt.toISOString() }),
})
