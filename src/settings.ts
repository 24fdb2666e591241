import path from 'node:path'
import type { Setting } from './domain/setting'
import { defaultTexts, type Env, type SettingName } from './env'

/** `pem`: a text, or the path of one. */
type Kind = 'plain' | 'address' | 'pem' | 'secret' | 'secret pem'

interface About {
  kind: Kind
  about: string
}

const plain = (about: string): About => ({ kind: 'plain', about })
const address = (about: string): About => ({ kind: 'address', about })
const secret = (about: string): About => ({ kind: 'secret', about })

/** Every setting but the faults of tests. A new one has to say here whether it may be shown. */
const SETTINGS: Record<Exclude<SettingName, 'HERALD_FAULT'>, About> = {
  PORT: plain('Where the API listens'),
  HOST: plain('Where the API listens'),
  HERALD_OPS_PORT: plain('Where health, metrics and administration answer, apart from the API'),
  HERALD_TLS_CERT: { kind: 'pem', about: 'The certificate of the API and the portal' },
  HERALD_TLS_KEY: { kind: 'secret pem', about: 'The key of that certificate' },
  HERALD_ADDRESS_LIMIT: plain('Calls that an address may make without a key'),
  HERALD_KEY_LIMIT: plain('Calls that an API key may make'),
  HERALD_URL: plain('Where people reach Herald'),
  HERALD_DATA_DIR: plain('Data and keys of npm start'),
  HERALD_ADMIN_KEY: secret('The first API key'),
  HERALD_ENCRYPTION_KEY: secret("Seals the webhooks' secrets"),
  HERALD_OTHER_ENCRYPTION_KEYS: secret('Open what they have sealed, while the key is changed'),
  HERALD_PAYLOAD_KEY: secret('Opens events that services seal'),
  HERALD_ALLOW_TARGETS: plain('Where webhooks may lead to although it is not public'),
  HERALD_REQUIRE_HTTPS: plain('Webhooks are called over https alone'),
  HERALD_WEBHOOK_CA: { kind: 'pem', about: "Authorities that vouch for webhooks' certificates" },
  HERALD_WEBHOOK_CRL: { kind: 'pem', about: 'Certificates that their authorities have revoked' },
  HERALD_EGRESS_PROXY: address('The proxy by which webhooks are called'),
  HERALD_EVENTS_PER_WORKFLOW: plain('Most events that share a workflow'),
  HERALD_DATABASE: plain("MongoDB's database"),
  HERALD_TASK_QUEUE: plain("Temporal's task queue"),
  HERALD_TEMPORAL_UI_URL: address('Where links to workflows lead to'),
  HERALD_SMTP_URL: address('The mail server'),
  HERALD_MAIL_FROM: plain('Who mails come from'),
  HERALD_MAIL_TO: plain('Who is told, where a tenant names nobody'),
  HERALD_MAIL_EVERY: plain('How often mails are sent at most'),
  HERALD_SESSION_IDLE: plain('When a session ends unless it is used'),
  HERALD_SESSION_MAX: plain('When a session ends in any case'),
  HERALD_TRUST_PROXY: plain('Proxies whose X-Forwarded-* headers are believed'),
  HERALD_PORTAL_FRAME_ANCESTORS: plain('Sites that may embed the portal'),
  HERALD_OIDC_ISSUER: plain('The identity provider'),
  HERALD_OIDC_CLIENT_ID: plain('What the provider knows Herald by'),
  HERALD_OIDC_CLIENT_SECRET: secret('What Herald shows the provider'),
  HERALD_OIDC_NAME: plain('What people know the provider by'),
  HERALD_OIDC_SCOPES: plain('What the provider is asked for'),
  HERALD_OIDC_ROLE_CLAIM: plain('Where the provider says what somebody belongs to'),
  HERALD_OIDC_ROLES: plain('Which role that gives'),
  HERALD_OIDC_TENANTS: plain('Tenants in which it gives one'),
  MONGODB_URI: address('MongoDB'),
  TEMPORAL_ADDRESS: address('Temporal'),
  TEMPORAL_NAMESPACE: plain("Temporal's namespace"),
  TEMPORAL_API_KEY: secret('What Herald shows Temporal'),
  TEMPORAL_TLS: plain('Temporal is called over TLS'),
  TEMPORAL_TLS_CA: { kind: 'pem', about: "Vouches for Temporal's certificate" },
  TEMPORAL_TLS_CERT: { kind: 'pem', about: "Herald's certificate for Temporal" },
  TEMPORAL_TLS_KEY: { kind: 'secret pem', about: 'The key of that certificate' },
  TEMPORAL_TLS_SERVER_NAME: plain("The name in Temporal's certificate"),
  LOG_LEVEL: plain('How much is logged'),
  XDG_CACHE_HOME: plain('Where downloaded servers are kept'),
}

/** What was not said, and comes from elsewhere than a default. */
export interface Started {
  mongodbUri: string
  temporalAddress: string
  temporalUiUrl?: string
  embedded: boolean
  /** All that hold. */
  allowTargets: string[]
}

export function describeSettings(env: Env, started: Started): Setting[] {
  const defaults = defaultTexts()
  return Object.entries(SETTINGS).map(([name, { kind, about }]) => {
    const found = given(env, name as SettingName, kind) ?? elsewhere(env, name, started) ?? byDefault(defaults[name])
    const isSecret = kind.startsWith('secret')
    const { value, ...rest } = found
    return { name, about, isSecret, ...rest, ...(value !== undefined && !isSecret && { value }) }
  })
}

type Found = Pick<Setting, 'source' | 'isSet' | 'value' | 'file'>

function given(env: Env, name: SettingName, kind: Kind): Found | undefined {
  const text = env.given[name]
  if (text === undefined) return undefined
  const isFile = kind.endsWith('pem') && !text.includes('-----BEGIN')
  if (isFile) return { source: 'file', isSet: true, file: text }
  return { source: 'environment', isSet: true, value: kind === 'address' ? withoutCredentials(text) : kind === 'pem' ? 'a PEM text' : text }
}

function elsewhere(env: Env, name: string, { mongodbUri, temporalAddress, temporalUiUrl, embedded, allowTargets }: Started): Found | undefined {
  const kept = (file: string): Found => ({ source: 'file', isSet: true, file: path.join(env.HERALD_DATA_DIR, file) })
  const own = (value: string): Found => ({ source: 'started', isSet: true, value: withoutCredentials(value) })
  // The start refuses to go on without them, unless it keeps them itself.
  if (name === 'HERALD_ADMIN_KEY') return kept('admin-key')
  if (name === 'HERALD_ENCRYPTION_KEY') return kept('encryption-key')
  if (name === 'HERALD_TEMPORAL_UI_URL' && temporalUiUrl !== undefined) return own(temporalUiUrl)
  if (!embedded) return undefined
  if (name === 'MONGODB_URI') return own(mongodbUri)
  if (name === 'TEMPORAL_ADDRESS') return own(temporalAddress)
  return name === 'HERALD_ALLOW_TARGETS' ? own(allowTargets.join(', ')) : undefined
}

const byDefault = (value = ''): Found => (value === '' ? { source: 'default', isSet: false } : { source: 'default', isSet: true, value })

/** Of a connection string: neither who connects, nor its options, which may hold passwords too. */
function withoutCredentials(text: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? []
  const [plainPart = ''] = rest.split(/[?#]/)
  return scheme + plainPart.slice(plainPart.lastIndexOf('@') + 1)
}
