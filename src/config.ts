import { createHash, X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import { createSecureContext } from 'node:tls'
import type { LimitSettings } from './api/limits'
import { SUSPENSION, type SuspensionTimes } from './domain/health'
import { processId } from './domain/process-id'
import type { Setting } from './domain/setting'
import { pem, SettingsError, type Env } from './env'
import { readKeyPair, type KeyPair } from './certificate'
import type { HttpSettings } from './listen'
import type { SingleSignOnSettings } from './portal'
import { parseRules } from './portal/claimed-roles'
import type { SessionTimes } from './portal/sessions'
import { MAIL_PACE, type Pace } from './notices/postman'
import { builtPortalPath } from './portal/static'
import type { Secrets } from './secrets'
import { describeSettings } from './settings'
import type { RetentionTimes } from './steering/retention'
import type { TallyingTimes } from './steering/tallying'
import type { TemporalSettings } from './temporal/connect'
import { version } from '../package.json'

/** Everything that Herald is told, in the form that its parts take. */
export interface Config {
  version: string
  /** Names this process in leases. */
  processId: string
  http: HttpSettings
  mongodb: { uri: string; database: string }
  temporal: TemporalSettings & { uiUrl?: string; workflowBundle: string }
  /** SHA-256 of the admin key, in hex. */
  adminKeyHash: string
  encryptionKey: Buffer
  /** Open what they have sealed, while keys are changed. */
  otherEncryptionKeys?: Buffer[]
  /** CIDRs that may be called although they are not public. */
  allowTargets: string[]
  /** Ports that may never be called: those of embedded servers. Read at every connect. */
  deniedPorts: number[]
  /** Webhooks are called over https alone. */
  requireHttps?: boolean
  /** Authorities (PEM) that vouch for webhooks' certificates beside the public ones. */
  webhookCa?: string
  /** Lists of revoked certificates (PEM): once there is one, each authority of a webhook's certificate needs one. */
  webhookCrl?: string[]
  /** By which everything to webhooks and token endpoints goes; `http(s)://user:password@host:port`. */
  egressProxy?: string
  eventsPerWorkflow: number
  /** How often a process looks for what is overdue, and how long past its time that is. */
  reconcile: { everyMs: number; patienceMs: number }
  /** How finished events leave. */
  retention: RetentionTimes
  /** How what happened is counted. */
  tallying: TallyingTimes
  suspension: SuspensionTimes
  portal: PortalConfig
  /** How often callers may ask; without limits when not given. */
  limits?: LimitSettings
  /** None: no mail is sent. */
  mail?: MailConfig
  /** Where the build has put the portal; none: it is not served. */
  portalDir?: string
  /** What this process was told, as administrators may see it. */
  settings: Setting[]
  /** Where a test wants this process to end. */
  fault?: string
}

export interface PortalConfig {
  sessions: SessionTimes
  /** Where people reach Herald; what their browser used, when it is not set. */
  publicUrl?: string
  /** Sites that may show the portal in a frame. */
  frameAncestors: string[]
  /** Whose word on where a request comes from is taken. */
  trustProxies: string[]
  /** None: people sign in with passwords alone. */
  singleSignOn?: SingleSignOnSettings
}

export interface MailConfig {
  smtpUrl: string
  from: string
  /** For tenants that name nobody. */
  to: string[]
  /** Where people reach the API. */
  publicUrl?: string
  pace: Pace
}

/** Where the servers are: given by settings, or just started. */
export interface Servers {
  mongodbUri: string
  temporalAddress: string
  temporalUiUrl?: string
  ports: number[]
  /** Started by Herald itself, for a person at this machine: loopback may be called. */
  embedded: boolean
}

export const LOOPBACK = ['127.0.0.0/8', '::1/128']

export function configFrom(env: Env, secrets: Secrets, servers: Servers, workflowBundle: string): Config {
  const uiUrl = env.HERALD_TEMPORAL_UI_URL ?? servers.temporalUiUrl
  const allowTargets = [...env.HERALD_ALLOW_TARGETS, ...(servers.embedded ? LOOPBACK : [])]
  return {
    version,
    processId: processId(hostname(), process.pid, new Date()),
    http: httpFrom(env),
    mongodb: { uri: servers.mongodbUri, database: env.HERALD_DATABASE },
    temporal: {
      address: servers.temporalAddress,
      namespace: env.TEMPORAL_NAMESPACE,
      taskQueue: env.HERALD_TASK_QUEUE,
      workflowBundle,
      ...(uiUrl && { uiUrl }),
      ...(env.TEMPORAL_API_KEY && { apiKey: env.TEMPORAL_API_KEY }),
      ...(usesTls(env) && { tls: tlsFrom(env) }),
      ...(env.HERALD_PAYLOAD_KEY && { payloadKey: env.HERALD_PAYLOAD_KEY }),
    },
    adminKeyHash: createHash('sha256').update(secrets.adminKey).digest('hex'),
    encryptionKey: secrets.encryptionKey,
    otherEncryptionKeys: env.HERALD_OTHER_ENCRYPTION_KEYS,
    allowTargets,
    deniedPorts: servers.ports,
    requireHttps: env.HERALD_REQUIRE_HTTPS,
    ...(env.HERALD_WEBHOOK_CA && { webhookCa: certificates('HERALD_WEBHOOK_CA', env.HERALD_WEBHOOK_CA) }),
    ...(env.HERALD_WEBHOOK_CRL && { webhookCrl: revocations(env.HERALD_WEBHOOK_CRL) }),
    ...(env.HERALD_EGRESS_PROXY && { egressProxy: env.HERALD_EGRESS_PROXY }),
    eventsPerWorkflow: env.HERALD_EVENTS_PER_WORKFLOW,
    reconcile: { everyMs: 15_000, patienceMs: 300_000 },
    retention: { everyMs: 60_000, leavingMs: 3_600_000, recordsLaterMs: 300_000, recheckMs: 86_400_000 },
    tallying: { everyMs: 15_000, settleMs: 90_000 },
    suspension: SUSPENSION,
    portal: portalFrom(env),
    limits: { ...(env.HERALD_ADDRESS_LIMIT && { address: env.HERALD_ADDRESS_LIMIT }), ...(env.HERALD_KEY_LIMIT && { key: env.HERALD_KEY_LIMIT }) },
    portalDir: builtPortalPath(),
    ...mailFrom(env),
    settings: describeSettings(env, { ...servers, allowTargets }),
    ...(env.HERALD_FAULT && { fault: env.HERALD_FAULT }),
  }
}

/** @throws {SettingsError} */
function httpFrom({ HOST: host, PORT: port, HERALD_OPS_PORT: opsPort, HERALD_TLS_CERT: cert, HERALD_TLS_KEY: key }: Env): HttpSettings {
  if (opsPort !== undefined && opsPort === port && port !== 0) throw new SettingsError(`HERALD_OPS_PORT must be another port than PORT, which is ${port}: such as ${port + 1}, or leave it out to have everything at PORT`)
  const where = { host, port, ...(opsPort !== undefined && { opsPort }) }
  // The settings themselves, since the files that they name may be replaced.
  return keyPair('HERALD_TLS_CERT', cert, 'HERALD_TLS_KEY', key) && cert && key ? { ...where, tls: { cert, key } } : where
}

/** @throws {SettingsError} */
function certificates(name: string, setting: string): string {
  try {
    const text = pem(setting) ?? ''
    const all = [...text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(([one]) => new X509Certificate(one))
    if (all.length > 0) return text
  } catch (error) {
    throw new SettingsError(`${name} cannot be read: ${codeOf(error)}`)
  }
  throw new SettingsError(`${name} must be certificates of authorities in PEM form, or the path of a file with them`)
}

/** @throws {SettingsError} */
function revocations(setting: string): string[] {
  try {
    const lists = (pem(setting) ?? '').match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----\n?/g) ?? []
    createSecureContext({ crl: lists })
    if (lists.length > 0) return lists
  } catch (error) {
    throw new SettingsError(`HERALD_WEBHOOK_CRL cannot be read: ${codeOf(error)}`)
  }
  throw new SettingsError('HERALD_WEBHOOK_CRL must be lists of revoked certificates in PEM form (BEGIN X509 CRL), or the path of a file with them')
}

const publicUrlOf = ({ HERALD_URL: url }: Env): { publicUrl?: string } => (url === undefined ? {} : { publicUrl: url.replace(/\/+$/, '') })

const portalFrom = (env: Env): PortalConfig => ({
  sessions: { idleMs: env.HERALD_SESSION_IDLE, mostMs: env.HERALD_SESSION_MAX },
  ...publicUrlOf(env),
  frameAncestors: env.HERALD_PORTAL_FRAME_ANCESTORS,
  trustProxies: env.HERALD_TRUST_PROXY,
  ...singleSignOnFrom(env),
})

/** All that an OpenID Connect provider takes, or none of it. @throws {SettingsError} */
function singleSignOnFrom(env: Env): { singleSignOn?: SingleSignOnSettings } {
  const { HERALD_OIDC_ISSUER: issuer, HERALD_OIDC_CLIENT_ID: clientId, HERALD_OIDC_CLIENT_SECRET: clientSecret } = env
  const { HERALD_OIDC_NAME: name, HERALD_OIDC_SCOPES: scope, HERALD_OIDC_ROLE_CLAIM: claim, HERALD_OIDC_ROLES: texts } = env
  if (issuer === undefined && clientId === undefined && clientSecret === undefined && texts.length === 0) return {}
  if (issuer === undefined || clientId === undefined || clientSecret === undefined || env.HERALD_URL === undefined) {
    throw new SettingsError(
      'Single sign-on needs HERALD_OIDC_ISSUER, HERALD_OIDC_CLIENT_ID and HERALD_OIDC_CLIENT_SECRET, and HERALD_URL, the address at which people reach Herald: the provider sends them back to <HERALD_URL>/portal/signed-on',
    )
  }
  const parsed = parseRules(texts, env.HERALD_OIDC_TENANTS)
  if ('fault' in parsed) throw new SettingsError(`HERALD_OIDC_ROLES: ${parsed.fault}`)
  return { singleSignOn: { issuer, clientId, clientSecret, name, scope, ...(texts.length > 0 && { roles: { claim, rules: parsed.rules } }) } }
}

/** All that is needed for mails, or none of it. @throws {SettingsError} */
function mailFrom(env: Env): { mail?: MailConfig } {
  const { HERALD_SMTP_URL: smtpUrl, HERALD_MAIL_FROM: from, HERALD_MAIL_TO: to } = env
  if (smtpUrl === undefined && from === undefined && to.length === 0) return {}
  if (smtpUrl === undefined || from === undefined) {
    throw new SettingsError('E-mail needs HERALD_SMTP_URL and HERALD_MAIL_FROM, and HERALD_MAIL_TO or notifyEmails of tenants')
  }
  const pace = { ...MAIL_PACE, everyMs: env.HERALD_MAIL_EVERY }
  return { mail: { smtpUrl, from, to, ...publicUrlOf(env), pace } }
}

const usesTls = (env: Env): boolean =>
  env.TEMPORAL_TLS ?? (env.TEMPORAL_TLS_CA ?? env.TEMPORAL_TLS_CERT ?? env.TEMPORAL_TLS_KEY ?? env.TEMPORAL_API_KEY) !== undefined

/** @throws {SettingsError} */
function tlsFrom({ TEMPORAL_TLS_CA: ca, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key, TEMPORAL_TLS_SERVER_NAME: serverName }: Env): NonNullable<TemporalSettings['tls']> {
  return {
    ...(ca && { ca: certificates('TEMPORAL_TLS_CA', ca) }),
    ...keyPair('TEMPORAL_TLS_CERT', cert, 'TEMPORAL_TLS_KEY', key),
    ...(serverName && { serverName }),
  }
}

/** Without the message: that of a file that is not there has its path, which is the key itself where somebody gave that without its frame. */
const codeOf = (error: unknown): string => `${String(Object(error).code ?? 'no reason given')}; it takes PEM with its BEGIN and END lines, or the path of a file`

/** Both or none. @throws {SettingsError} */
function keyPair(certName: string, cert: string | undefined, keyName: string, key: string | undefined): KeyPair | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new SettingsError(`${certName}, a certificate with its chain, needs ${keyName}, its key, and the other way round: PEM, or the paths of files`)
  try {
    return readKeyPair({ cert, key })
  } catch (error) {
    throw new SettingsError(`${certName} and ${keyName} cannot be used: ${codeOf(error)}`)
  }
}
