import { CallError, type FieldError, type Schemas, type Webhook } from '../api/client'

export interface HeaderDraft {
  key: number
  name: string
  value: string
  /** It stands already; its value is hidden, and kept unless another is typed. */
  kept: boolean
}

/** A webhook as the form has it: everything as it is typed. */
export interface Draft {
  description: string
  url: string
  eventTypes: number[]
  auth: 'none' | 'basic' | 'bearer' | 'oauth2' | 'kept'
  username: string
  password: string
  token: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  scope: string
  audience: string
  clientAuthentication: 'basic' | 'body'
  clientCertificate: 'none' | 'given' | 'kept'
  certificate: string
  privateKey: string
  /** With what POSTs are signed. */
  signatures: Webhook['signatures']
  headers: HeaderDraft[]
  maximumAttempts: number | string
  initialInterval: string
  backoffCoefficient: number | string
  maximumInterval: string
  timeout: string
  autoSuspend: boolean
  /** Empty where there is no limit. */
  rateRequests: string
  ratePer: 'second' | 'minute'
  maxInFlight: string
  ordered: boolean
  onExhausted: 'block' | 'skip'
  /** JSON, or empty. */
  filter: string
}

export const EMPTY: Draft = {
  description: '',
  url: '',
  eventTypes: [],
  auth: 'none',
  username: '',
  password: '',
  token: '',
  tokenUrl: '',
  clientId: '',
  clientSecret: '',
  scope: '',
  audience: '',
  clientAuthentication: 'basic',
  clientCertificate: 'none',
  certificate: '',
  privateKey: '',
  signatures: ['v1'],
  headers: [],
  maximumAttempts: 5,
  initialInterval: '2s',
  backoffCoefficient: 2,
  maximumInterval: '1h',
  timeout: '15s',
  autoSuspend: true,
  rateRequests: '',
  ratePer: 'second',
  maxInFlight: '',
  ordered: false,
  onExhausted: 'block',
  filter: '',
}

export const toDraft = ({ description = '', url, eventTypeIds, auth, headers = [], retry, timeout, autoSuspend, ...standing }: Webhook): Draft => ({
  ...EMPTY,
  description,
  url,
  eventTypes: eventTypeIds,
  auth: auth ? 'kept' : 'none',
  tokenUrl: auth?.tokenUrl ?? '',
  clientId: auth?.clientId ?? '',
  scope: auth?.scope ?? '',
  audience: auth?.audience ?? '',
  clientAuthentication: auth?.clientAuthentication ?? 'basic',
  clientCertificate: standing.clientCertificate ? 'kept' : 'none',
  signatures: standing.signatures,
  headers: headers.map((name, key) => ({ key, name, value: '', kept: true })),
  ...retry,
  timeout,
  autoSuspend,
  rateRequests: standing.rateLimit ? String(standing.rateLimit.requests) : '',
  ratePer: standing.rateLimit?.per ?? 'second',
  maxInFlight: standing.maxInFlight === undefined ? '' : String(standing.maxInFlight),
  ordered: standing.ordering === 'key',
  onExhausted: standing.onExhausted ?? 'block',
  filter: standing.filter ? JSON.stringify(standing.filter, null, 2) : '',
})

type Filter = Schemas['FilterTest']['filter']

/** What is typed as a filter; the server judges what it means. */
export function readFilter(text: string): Filter {
  try {
    return JSON.parse(text) as Filter
  } catch (error) {
    const message = `is no JSON: ${error instanceof Error ? error.message : String(error)}`
    throw new CallError(400, 'The filter cannot be read', `The filter ${message}`, { fields: [{ path: 'filter', message }] })
  }
}

/** What may be there or not; nothing stands for what is not. */
const optional = ({ rateRequests, ratePer, maxInFlight, ordered, onExhausted, filter }: Draft) => ({
  rateLimit: rateRequests.trim() === '' ? undefined : { requests: Number(rateRequests), per: ratePer },
  maxInFlight: maxInFlight.trim() === '' ? undefined : Number(maxInFlight),
  ordering: ordered ? ('key' as const) : undefined,
  onExhausted: ordered ? onExhausted : undefined,
  filter: filter.trim() === '' ? undefined : readFilter(filter),
})

const policyOf = (draft: Draft) => ({
  maximumAttempts: Number(draft.maximumAttempts),
  initialInterval: draft.initialInterval.trim(),
  backoffCoefficient: Number(draft.backoffCoefficient),
  maximumInterval: draft.maximumInterval.trim(),
})

const common = (draft: Draft) => ({
  url: draft.url.trim(),
  eventTypes: draft.eventTypes,
  retry: policyOf(draft),
  timeout: draft.timeout.trim(),
  autoSuspend: draft.autoSuspend,
  signatures: draft.signatures,
})

/** What was typed anew; nothing for none, and for what stands. */
function typedAuth(draft: Draft): Schemas['CreateWebhook']['auth'] {
  const { auth, username, password, token, clientSecret, clientAuthentication } = draft
  if (auth === 'basic') return { type: 'basic', username, password }
  if (auth === 'bearer') return { type: 'bearer', token: token.trim() }
  if (auth !== 'oauth2') return undefined
  const [tokenUrl, clientId, scope, audience] = [draft.tokenUrl, draft.clientId, draft.scope, draft.audience].map((text) => text.trim()) as [string, string, string, string]
  return { type: 'oauth2', tokenUrl, clientId, clientSecret, clientAuthentication, ...(scope !== '' && { scope }), ...(audience !== '' && { audience }) }
}

function typedHidden(draft: Draft) {
  const auth = typedAuth(draft)
  const { clientCertificate, certificate, privateKey } = draft
  return { ...(auth && { auth }), ...(clientCertificate === 'given' && { clientCertificate: { certificate, privateKey } }) }
}

export function toCreate(draft: Draft): Schemas['CreateWebhook'] {
  const headers = draft.headers.filter(({ name }) => name.trim() !== '')
  return {
    ...common(draft),
    ...optional(draft),
    ...(draft.description.trim() !== '' && { description: draft.description.trim() }),
    ...typedHidden(draft),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])) }),
  }
}

/** What is hidden is sent only where it was typed anew, or taken away. */
export function toPatch(draft: Draft, standing: Webhook): Schemas['PatchWebhook'] {
  const named = new Set(draft.headers.map(({ name }) => name.trim()))
  const removed = (standing.headers ?? []).filter((name) => !named.has(name)).map((name) => [name, null] as const)
  const typed = draft.headers.filter(({ name, value, kept }) => name.trim() !== '' && (!kept || value !== '')).map(({ name, value }) => [name.trim(), value] as const)
  const { rateLimit = null, maxInFlight = null, ordering = null, onExhausted = null, filter = null } = optional(draft)
  return {
    ...common(draft),
    rateLimit,
    maxInFlight,
    ordering,
    onExhausted,
    filter,
    description: draft.description.trim() === '' ? null : draft.description.trim(),
    ...typedHidden(draft),
    ...(draft.auth === 'none' && standing.auth && { auth: null }),
    ...(draft.clientCertificate === 'none' && standing.clientCertificate && { clientCertificate: null }),
    ...(removed.length + typed.length > 0 && { headers: Object.fromEntries([...removed, ...typed]) }),
  }
}

/** The server's words for a field, or for what is within it. */
export function faultOf(fields: FieldError[], path: string): string | undefined {
  const field = fields.find((one) => one.path === path || one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`))
  return field && sentence(field.message)
}

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
