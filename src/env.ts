import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import path from 'node:path'
import * as ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { parseDuration } from './domain/duration'
import type { RateLimit } from './domain/rate-limit'
import { DEFAULT_TENANT, TENANT_ID_PATTERN } from './domain/tenant'
import { EVERY_TENANT } from './domain/user'

const text = z.string().min(1).optional()
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1')
const port = z.coerce
  .number({ error: 'must be a whole number from 0 to 65535' })
  .int()
  .min(0)
  .max(65_535)
const isCidr = (text: string): boolean => ipaddr.isValidCIDR(text) || isIP(text) !== 0
const keyBytes = (text: string): Buffer => Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
const key32 = z
  .string()
  .transform(keyBytes)
  .refine((key) => key.length === 32, 'must be 32 bytes as hex or base64: make one with `openssl rand -base64 32`')

const proxy = (text: string): boolean => isCidr(text) || ['loopback', 'linklocal', 'uniquelocal'].includes(text)
/** A source of the Content-Security-Policy: `https://app.bank.example`, `https://*.bank.example`, `'self'`. */
const frameAncestor = /^(?:'self'|https?:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?)$/i
const list = (separator: string | RegExp) =>
  z
    .string()
    .default('')
    .transform((text) => text.split(separator).map((item) => item.trim()).filter(Boolean))
/** `600/m`, `100/s`, or `off`. */
const limit = (usual: string) =>
  z
    .string()
    .default(usual)
    .refine((value) => value === 'off' || /^[1-9]\d{0,6}\/[sm]$/.test(value), 'must be requests a second or a minute, such as 100/s or 600/m, or off')
    .transform((value) => (value === 'off' ? undefined : rateOf(value)))
const rateOf = (text: string): RateLimit => ({ requests: Number.parseInt(text, 10), per: text.endsWith('/s') ? 'second' : 'minute' })
const span = (usual: string, min: string, max: string) => {
  const [leastMs = 0, mostMs = 0] = [parseDuration(min), parseDuration(max)]
  return z
    .string()
    .default(usual)
    .transform((value) => parseDuration(value) ?? 0)
    .refine((ms) => ms >= leastMs && ms <= mostMs, `must be a duration from ${min} to ${max}, such as ${usual}`)
}

const mailAddress = /^[^\s@<>,"]+@[^\s@<>,"]+$/
/** `herald@bank.example`, or `Herald <herald@bank.example>`. */
const sender = /^(?:[^\p{C}<>,"@]+ <[^\s@<>,"]+@[^\s@<>,"]+>|[^\s@<>,"]+@[^\s@<>,"]+)$/u

/** Of OpenID Connect: tokens and the client's secret go over TLS, or do not leave this machine. */
const isIssuer = (text: string): boolean =>
  URL.canParse(text) && /^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/.test(new URL(text).href) && new URL(text).search + new URL(text).hash === ''

const isProxyUrl = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && isUserInfo(new URL(text)) && new URL(text).pathname + new URL(text).search + new URL(text).hash === '/'

/** Whether its percent signs are those of an encoding. */
function isUserInfo({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}:${password}`)
    return true
  } catch {
    return false
  }
}

const settings = z.object({
  PORT: port.default(3000),
  HOST: z.string().default('127.0.0.1'),
  HERALD_OPS_PORT: port.optional(),
  HERALD_ADDRESS_LIMIT: limit('600/m'),
  HERALD_KEY_LIMIT: limit('off'),
  HERALD_TLS_CERT: text,
  HERALD_TLS_KEY: text,
  HERALD_URL: z.url({ protocol: /^https?$/, error: 'must be the address of a running Herald, such as http://127.0.0.1:3000' }).optional(),
  HERALD_DATA_DIR: z.string().default('.herald'),
  HERALD_ADMIN_KEY: z.string().min(20, 'must have at least 20 characters').optional(),
  HERALD_ENCRYPTION_KEY: key32.optional(),
  HERALD_OTHER_ENCRYPTION_KEYS: list(',')
    .transform((all) => all.map(keyBytes))
    .refine((all) => all.every((key) => key.length === 32), 'must be keys of 32 bytes as hex or base64, separated by commas'),
  HERALD_PAYLOAD_KEY: key32.optional(),
  HERALD_ALLOW_TARGETS: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((item) => item.trim()).filter(Boolean))
    .refine((list) => list.every(isCidr), 'must be CIDRs or addresses, such as 10.1.0.0/16,192.168.7.9'),
  HERALD_REQUIRE_HTTPS: flag.default(false),
  HERALD_WEBHOOK_CA: text,
  HERALD_WEBHOOK_CRL: text,
  HERALD_EGRESS_PROXY: z.string().refine(isProxyUrl, 'must be such as http://user:password@proxy.bank.example:3128 or https://…, without a path, and with %25 for a % in a password').optional(),
  HERALD_EVENTS_PER_WORKFLOW: z.coerce.number().int().min(1).max(100).default(100),
  HERALD_DATABASE: z.string().default('herald'),
  HERALD_TASK_QUEUE: z.string().default('herald'),
  HERALD_TEMPORAL_UI_URL: text,
  HERALD_FAULT: text,
  HERALD_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be such as smtps://user:password@mail.bank.example:465 or smtp://mail.bank.example:587' })
    .optional(),
  HERALD_MAIL_FROM: z.string().regex(sender, 'must be an address such as herald@bank.example or Herald <herald@bank.example>').optional(),
  HERALD_MAIL_TO: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((item) => item.trim()).filter(Boolean))
    .refine((list) => list.every((address) => mailAddress.test(address)), 'must be addresses, separated by commas'),
  HERALD_MAIL_EVERY: z
    .string()
    .default('5m')
    .transform((value) => parseDuration(value) ?? 0)
    .refine((ms) => ms >= 10_000 && ms <= 86_400_000, 'must be a duration from 10s to 1d, such as 5m'),
  HERALD_SESSION_IDLE: span('30m', '1m', '12h'),
  HERALD_SESSION_MAX: span('12h', '5m', '30d'),
  HERALD_TRUST_PROXY: list(',').refine((all) => all.every(proxy), 'must be addresses, CIDRs, or loopback, linklocal, uniquelocal, separated by commas'),
  HERALD_PORTAL_FRAME_ANCESTORS: list(/[\s,]+/).refine(
    (all) => all.every((item) => frameAncestor.test(item)),
    "must be origins such as https://app.bank.example or https://*.bank.example, or 'self', separated by commas",
  ),
  HERALD_OIDC_ISSUER: z.string().refine(isIssuer, 'must be an https address such as https://login.bank.example/realms/staff').optional(),
  HERALD_OIDC_CLIENT_ID: text,
  HERALD_OIDC_CLIENT_SECRET: text,
  HERALD_OIDC_NAME: z.string().max(50).default('single sign-on'),
  HERALD_OIDC_SCOPES: z
    .string()
    .default('openid email profile')
    .refine((scopes) => scopes.split(' ').includes('openid'), 'must have openid among them, such as openid email profile groups'),
  HERALD_OIDC_ROLE_CLAIM: z.string().default('groups'),
  HERALD_OIDC_ROLES: list(/[;\n]/),
  HERALD_OIDC_TENANTS: z
    .string()
    .default(DEFAULT_TENANT)
    .transform((tenants) => tenants.split(',').map((item) => item.trim()).filter(Boolean))
    .refine((all) => all.length > 0 && all.every((id) => id === EVERY_TENANT || TENANT_ID_PATTERN.test(id)), 'must be ids of tenants, separated by commas, or * for every tenant'),
  MONGODB_URI: text,
  TEMPORAL_ADDRESS: text,
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_API_KEY: text,
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_CA: text,
  TEMPORAL_TLS_CERT: text,
  TEMPORAL_TLS_KEY: text,
  TEMPORAL_TLS_SERVER_NAME: text,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  XDG_CACHE_HOME: text,
})

export type SettingName = keyof typeof settings.shape

export type Env = z.infer<typeof settings> & {
  /** What was said, as it was written. Secrets too: for nobody's eyes. */
  given: Partial<Record<SettingName, string>>
}

/** What holds where nothing is said, as one would write it. */
export function defaultTexts(): Partial<Record<string, string>> {
  const { properties = {} } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' })
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const value: unknown = typeof property === 'object' ? property.default : undefined
      return value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]]
    }),
  )
}

/** A setting that Herald cannot use: says which, and what is allowed. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/** The only reader of the environment. @throws {SettingsError} */
export function readEnv(source: NodeJS.ProcessEnv = processEnv()): Env {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const result = settings.safeParse(set)
  if (result.success) {
    const given = Object.fromEntries(Object.keys(settings.shape).flatMap((name) => (set[name] === undefined ? [] : [[name, set[name]]])))
    return { ...result.data, given }
  }
  const lines = result.error.issues.map(({ path: [name], message }) => `  ${String(name)}: ${message}`)
  throw new SettingsError(`These settings cannot be used:\n${lines.join('\n')}`)
}

// oxlint-disable-next-line node/no-process-env -- the one place
const processEnv = (): NodeJS.ProcessEnv => process.env

/** Where downloaded and built servers are kept, per user. */
export const cacheDir = (env: Env): string =>
  path.join(env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'herald')

/** A setting that may be a PEM text or the path of one. */
export function pem(value: string | undefined): string | undefined {
  if (value === undefined || value.includes('-----BEGIN')) return value
  return readFileSync(value, 'utf8')
}
