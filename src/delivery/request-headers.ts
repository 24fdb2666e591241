import type { BasicAuth, BearerAuth } from '../domain/webhook'
import type { Verdict } from './address'
import { sign } from './sign'

export interface HeaderInput {
  body: string
  deliveryEventId: string
  attempt: number
  secrets: string[]
  auth?: BasicAuth | BearerAuth
  headers?: Record<string, string>
}

/** `sent` is undici's flat list of names and values; `shown` is for the record, without secrets. */
export interface RequestHeaders {
  sent: string[]
  shown: Record<string, string>
}

const MASK = '***'

/** Herald's own, those that frame the message, and those that would change how the answer is read. */
const RESERVED = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'user-agent',
  'herald-attempt',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
])

/** RFC 9110: a name is a token; a value is visible Latin-1, with spaces and tabs inside only. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/
const VALUE = /^$|^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/

/** May a webhook ask for these extra headers? */
export function checkHeaders(headers: Record<string, string>): Verdict {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) return { ok: false, reason: `'${name}' is not a header name` }
    if (RESERVED.has(name.toLowerCase())) return { ok: false, reason: `The header '${name}' is set by Herald` }
    if (!VALUE.test(value)) {
      return { ok: false, reason: `The value of the header '${name}' must be visible Latin-1 characters on one line` }
    }
  }
  return { ok: true }
}

export function requestHeaders(input: HeaderInput, startedAt: Date, userAgent: string): RequestHeaders {
  const timestamp = Math.floor(startedAt.getTime() / 1000)
  const shown: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'herald-attempt': String(input.attempt),
    'webhook-id': input.deliveryEventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': input.secrets
      .map((secret) => sign(secret, input.deliveryEventId, timestamp, input.body))
      .join(' '),
  }
  const sent: string[] = []
  for (const name in shown) sent.push(name, shown[name] ?? '')
  for (const [name, value] of hidden(input)) {
    sent.push(name, value)
    shown[name] = MASK
  }
  return { sent, shown }
}

/** Credentials, and what the webhook's owner added: their values are sent and never shown. */
function hidden({ auth, headers = {} }: HeaderInput): [name: string, value: string][] {
  const extra = Object.entries(headers).filter(([name]) => {
    const lower = name.toLowerCase()
    return !RESERVED.has(lower) && !(auth !== undefined && lower === 'authorization')
  })
  return auth === undefined ? extra : [['authorization', authorization(auth)], ...extra]
}

/** Too short to be told from any other text. */
const SECRET_MIN_LENGTH = 4

/** What of a request no record may show, in the forms in which a receiver that repeats it would. */
export function secretsOf(input: HeaderInput): string[] {
  const values = hidden(input).flatMap(([, value]) => [value, value.replace(/^(Basic|Bearer) /, '')])
  return formsOf(input.auth?.type === 'basic' ? [...values, input.auth.password] : values)
}

/** As they are, and as JSON and a URL would have them. */
export function formsOf(values: string[]): string[] {
  const forms = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
  // The longest first, so that no part of it stays.
  return [...new Set(forms)].filter((value) => value.length >= SECRET_MIN_LENGTH).toSorted((a, b) => b.length - a.length)
}

export function maskSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => (masked.includes(secret) ? masked.replaceAll(secret, MASK) : masked), text)
}

/** RFC 6750; RFC 7617 with UTF-8, the charset that every receiver of today expects. */
function authorization(auth: BasicAuth | BearerAuth): string {
  if (auth.type === 'bearer') return `Bearer ${auth.token}`
  const { username, password } = auth
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}
