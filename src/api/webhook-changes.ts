import type { Verdict } from '../delivery/address'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../domain/retry-policy'
import type { Webhook, WebhookSecrets } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import type { FieldError } from '../domain/validation'
import { invalid } from './problem'
import type { RetryInput, WebhookInput, WebhookPatchInput } from './webhook-input'

export type CheckUrl = (url: string) => Verdict

/** What a schema cannot know: whether the URLs may be called and the types exist. Throws a 400. */
export async function readTargets(
  { url, eventTypes, auth }: Pick<WebhookPatchInput, 'url' | 'eventTypes' | 'auth'>,
  checkUrl: CheckUrl,
  catalog: EventCatalog,
): Promise<number[]> {
  const errors: FieldError[] = []
  for (const [path, called] of [['url', url], ['auth.tokenUrl', auth?.type === 'oauth2' ? auth.tokenUrl : undefined]] as const) {
    const verdict = called === undefined ? undefined : checkUrl(called)
    if (verdict?.ok === false) errors.push({ path, message: `cannot be used: ${verdict.reason}` })
  }
  const types = await Promise.all((eventTypes ?? []).map((nameOrId) => catalog.find(nameOrId)))
  for (const [i, type] of types.entries()) {
    if (type) continue
    const message = `is not a known event type; known: ${await catalog.known()}`
    errors.push({ path: `eventTypes[${i}]`, message })
  }
  if (errors.length > 0) throw invalid(errors)
  return [...new Set(types.flatMap((type) => (type ? [type.id] : [])))].toSorted((a, b) => a - b)
}

/** What was given over what stands; null goes back to the default. Throws a 400 when they do not fit. */
export function mergeRetry(standing: RetryPolicy, given: RetryInput | null | undefined): RetryPolicy {
  if (given === null) return DEFAULT_RETRY_POLICY
  const merged = {
    maximumAttempts: given?.maximumAttempts ?? standing.maximumAttempts,
    initialIntervalMs: given?.initialInterval ?? standing.initialIntervalMs,
    backoffCoefficient: given?.backoffCoefficient ?? standing.backoffCoefficient,
    maximumIntervalMs: given?.maximumInterval ?? standing.maximumIntervalMs,
  }
  if (merged.maximumIntervalMs < merged.initialIntervalMs) {
    throw invalid([{ path: 'retry.maximumInterval', message: 'must not be shorter than retry.initialInterval' }])
  }
  return merged
}

type OrderingInput = Pick<WebhookPatchInput, 'ordering' | 'onExhausted'>

/** The order after a patch, null for what is to be removed; without order nothing waits for what is exhausted. Throws a 400. */
export function mergeOrdering(standing: Pick<Webhook, 'ordering' | 'onExhausted'>, given: OrderingInput) {
  const ordering = given.ordering === undefined ? standing.ordering : given.ordering
  if (!ordering && given.onExhausted) throw invalid([{ path: 'onExhausted', message: 'goes with ordering "key" only' }])
  const onExhausted = given.onExhausted === undefined ? standing.onExhausted : given.onExhausted
  return { ordering: ordering ?? null, onExhausted: (ordering && onExhausted) || null }
}

/** Fields that are set and never shown. */
export const hiddenOf = (body: Pick<WebhookPatchInput, 'auth' | 'headers' | 'clientCertificate'>): string[] => (['auth', 'headers', 'clientCertificate'] as const).filter((name) => body[name] !== undefined)

export function newSecrets(signingSecret: string, { auth, headers, clientCertificate, signatures }: WebhookInput, newSigningKey: () => string): WebhookSecrets {
  return withSigningKey(withHidden({ signingSecrets: [signingSecret] }, auth, headers, clientCertificate), signatures, newSigningKey)
}

/** A key pair is made when it is first needed; it stays, so that its public key holds when `v1a` is asked for again. */
export function withSigningKey(secrets: WebhookSecrets, signatures: Webhook['signatures'] | null, newSigningKey: () => string): WebhookSecrets {
  return signatures?.includes('v1a') && !secrets.signingKeys ? { ...secrets, signingKeys: [newSigningKey()] } : secrets
}

/** The secrets after a patch; nothing when it does not touch them. */
export function patchSecrets(standing: WebhookSecrets, { auth, headers, clientCertificate }: WebhookPatchInput): WebhookSecrets | undefined {
  if (auth === undefined && headers === undefined && clientCertificate === undefined) return undefined
  const { auth: _auth, headers: _headers, clientCertificate: _certificate, ...signing } = standing
  const newAuth = auth === undefined ? standing.auth : (auth ?? undefined)
  const newHeaders = headers === undefined ? standing.headers : patchHeaders(standing.headers ?? {}, headers)
  const newCertificate = clientCertificate === undefined ? standing.clientCertificate : (clientCertificate ?? undefined)
  return withHidden(signing, newAuth, newHeaders, newCertificate)
}

function withHidden(
  secrets: WebhookSecrets,
  auth: WebhookSecrets['auth'],
  headers: WebhookSecrets['headers'],
  clientCertificate: WebhookSecrets['clientCertificate'],
): WebhookSecrets {
  const hasHeaders = headers !== undefined && Object.keys(headers).length > 0
  return { ...secrets, ...(auth && { auth }), ...(hasHeaders && { headers }), ...(clientCertificate && { clientCertificate }) }
}

/** Over plain HTTP nobody shows a certificate. Throws a 400. */
export function refuseUnusable({ url }: Pick<Webhook, 'url'>, { clientCertificate }: WebhookSecrets): void {
  if (clientCertificate && !/^https:/i.test(url)) throw invalid([{ path: 'clientCertificate', message: 'goes with an https URL only' }])
}

/** Names of headers do not heed case, so that a new spelling replaces the old one. */
function patchHeaders(
  standing: Record<string, string>,
  patch: Record<string, string | null> | null,
): Record<string, string> | undefined {
  if (patch === null) return undefined
  const named = new Set(Object.keys(patch).map((name) => name.toLowerCase()))
  const kept = Object.entries(standing).filter(([name]) => !named.has(name.toLowerCase()))
  const set = Object.entries(patch).filter((entry): entry is [string, string] => entry[1] !== null)
  return Object.fromEntries([...kept, ...set])
}
