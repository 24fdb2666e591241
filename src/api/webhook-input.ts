import { z } from 'zod'
import { checkHeaders } from '../delivery/request-headers'
import { filterInput, filterNode } from '../domain/filter'
import { WEBHOOK_CAP } from '../domain/lanes'
import { RATE_LIMIT_BOUNDS, RATE_PERIODS } from '../domain/rate-limit'
import { ON_EXHAUSTED, ORDERINGS } from '../domain/ordering'
import { RETRY_BOUNDS, TIMEOUT } from '../domain/retry-policy'
import { SIGNATURE_KINDS } from '../domain/webhook'
import { formatDuration, parseDuration } from '../domain/duration'
import { named } from './views'
import { authInput, clientCertificateInput } from './webhook-credentials'

/** A duration within bounds, read into milliseconds. */
export function duration({ minMs, maxMs }: { minMs: number; maxMs: number }) {
  const message = `must be a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, such as "2s" or "500ms"`
  return z
    .string({ error: message })
    .refine((text) => isWithin(parseDuration(text), minMs, maxMs), message)
    .transform((text) => parseDuration(text) ?? minMs)
    .describe(`${formatDuration(minMs)} to ${formatDuration(maxMs)}; units ms, s, m, h, d`)
}

const isWithin = (ms: number | undefined, min: number, max: number): boolean => ms !== undefined && ms >= min && ms <= max

const intervalBounds = ({ min, max }: { min: number; max: number }) => ({ minMs: min, maxMs: max })

const retry = z.strictObject({
  maximumAttempts: z
    .int()
    .min(RETRY_BOUNDS.maximumAttempts.min)
    .max(RETRY_BOUNDS.maximumAttempts.max)
    .optional()
    .describe('POSTs of a round, the first one included.'),
  initialInterval: duration(intervalBounds(RETRY_BOUNDS.initialIntervalMs)).optional(),
  backoffCoefficient: z
    .number()
    .min(RETRY_BOUNDS.backoffCoefficient.min)
    .max(RETRY_BOUNDS.backoffCoefficient.max)
    .optional(),
  maximumInterval: duration(intervalBounds(RETRY_BOUNDS.maximumIntervalMs)).optional(),
})
export type RetryInput = z.output<typeof retry>

const MAX_HEADERS = 20

const headerValue = z.string().max(2_048)

/** A value of null removes the header in a PATCH. */
const headers = <Value extends z.ZodType<string | null>>(value: Value) =>
  z
    .record(z.string().max(128), value)
    .superRefine((all, context) => {
      const names = Object.keys(all)
      if (names.length > MAX_HEADERS) context.addIssue({ code: 'custom', message: `must have at most ${MAX_HEADERS} headers` })
      for (const [name, text] of Object.entries(all)) {
        const reason = headerFault(name, text, names)
        if (reason !== undefined) context.addIssue({ code: 'custom', path: [name], message: reason })
      }
    })
    .describe('Sent with every POST. Values are kept sealed and never shown again.')

const OWN_HEADERS = /^(webhook-|herald-)/i
/** Of a connection to a proxy (RFC 9110), beside those that the sender itself refuses. */
const HOP_BY_HOP = /^(proxy-authenticate|proxy-authorization)$/i

function headerFault(name: string, value: string | null, names: string[]): string | undefined {
  if (/^authorization$/i.test(name)) return 'is not allowed here; give the credentials as auth'
  if (OWN_HEADERS.test(name) || HOP_BY_HOP.test(name)) return 'is not allowed: Herald or the connection sets it'
  const twice = names.filter((other) => other.toLowerCase() === name.toLowerCase()).length > 1
  if (twice) return 'stands twice; names of headers do not heed case'
  const verdict = checkHeaders({ [name]: value ?? '' })
  return verdict.ok ? undefined : `is not allowed: ${verdict.reason}`
}

const eventTypes = z
  .array(z.union([z.string(), z.int()], { error: 'must be the name of an event type or its Event ID' }))
  .min(1, 'must have at least one event type')
  .max(1_000)
  .describe('Names or Event IDs.')

named.add(filterNode, { id: 'Filter' })
const filter = filterInput.describe('Only events whose `data` it lets through.')

const shared = {
  url: z.string().max(2_048).describe('https or http; must lead to a public address.'),
  eventTypes,
}

const autoSuspend = z
  .boolean()
  .describe('Whether it is suspended when it has failed for long: 20 failures without a delivery over at least 10 minutes. true when not given.')

const rateLimit = z
  .strictObject({
    requests: z.int().min(RATE_LIMIT_BOUNDS.min).max(RATE_LIMIT_BOUNDS.max),
    per: z.enum(RATE_PERIODS),
  })
  .describe('How many POSTs it takes, attempts of every kind together, over all processes. They are spaced evenly; what has to wait uses up no attempt.')

const maxInFlight = z
  .int()
  .min(1)
  .max(WEBHOOK_CAP)
  .describe(`Requests at once, over all processes. When not given: ${WEBHOOK_CAP}, of which each process has its part.`)
const ordering = z
  .enum(ORDERINGS, { error: 'must be "key"; leave it out, or give null in a PATCH, for no order' })
  .describe('`key`: events with the same `orderingKey` arrive in publish order, one at a time; keys go side by side. No order when not given.')
const onExhausted = z
  .enum(ON_EXHAUSTED)
  .describe('Of an ordered webhook, when an event is out of attempts: `block` (when not given): its key waits until it is retried or cancelled; `skip`: its key goes on without it.')

const signatures = z
  .array(z.enum(SIGNATURE_KINDS))
  .min(1, 'must have at least one kind')
  .max(SIGNATURE_KINDS.length)
  .transform((kinds) => SIGNATURE_KINDS.filter((kind) => kinds.includes(kind)))
  .describe('How POSTs are signed: `v1` with the secret, `v1a` with a private key (Ed25519) whose public key anybody may have. `["v1"]` when not given.')

export const webhookInput = z.strictObject({
  ...shared,
  filter: filter.optional(),
  description: z.string().max(1_024).optional(),
  auth: authInput.optional(),
  headers: headers(headerValue).optional(),
  clientCertificate: clientCertificateInput.optional(),
  retry: retry.optional(),
  timeout: duration(TIMEOUT).optional(),
  autoSuspend: autoSuspend.optional(),
  rateLimit: rateLimit.optional(),
  maxInFlight: maxInFlight.optional(),
  ordering: ordering.optional(),
  onExhausted: onExhausted.optional(),
  signatures: signatures.optional(),
})
named.add(webhookInput, { id: 'CreateWebhook' })

/** JSON Merge Patch (RFC 7396): what is not named stays, null removes or restores the default. */
export const webhookPatch = z.strictObject({
  url: shared.url.optional(),
  eventTypes: shared.eventTypes.optional(),
  filter: filter.nullish(),
  description: z.string().max(1_024).nullish(),
  auth: authInput.nullish(),
  headers: headers(headerValue.nullable()).nullish(),
  clientCertificate: clientCertificateInput.nullish(),
  retry: retry.nullish(),
  timeout: duration(TIMEOUT).nullish(),
  autoSuspend: autoSuspend.nullish(),
  rateLimit: rateLimit.nullish(),
  maxInFlight: maxInFlight.nullish(),
  ordering: ordering.nullish(),
  onExhausted: onExhausted.nullish(),
  signatures: signatures.nullish(),
})
named.add(webhookPatch, { id: 'PatchWebhook' })

export type WebhookInput = z.output<typeof webhookInput>
export type WebhookPatchInput = z.output<typeof webhookPatch>
