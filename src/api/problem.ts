import type { FieldError } from '../domain/validation'

const KINDS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'An API key or a session is needed' },
  'sign-in-refused': { status: 401, title: 'Signing in failed' },
  'code-required': { status: 401, title: 'A code of the authenticator app is needed' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'Not possible in the present state' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'too-many-tries': { status: 429, title: 'Too many tries' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'too-many-streams': { status: 429, title: 'Too many at once' },
  internal: { status: 500, title: 'Herald made a mistake' },
  busy: { status: 503, title: 'Too many ask for this at once' },
  'provider-away': { status: 503, title: 'The identity provider cannot be reached' },
  'store-away': { status: 503, title: 'Herald cannot reach its store' },
} as const
export type ProblemKind = keyof typeof KINDS

/** Problem details of RFC 9457, with further members as the kind needs them. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail: string
  errors?: FieldError[]
  [member: string]: unknown
}

export interface ProblemExtras {
  errors?: FieldError[]
  headers?: Record<string, string>
  members?: Record<string, unknown>
  about?: About
}

/** For the audit log alone: what it was about, and whose book that is, where the answer must not tell. */
export interface About {
  tenantId: string
  targets: string[]
}

/** Ends a request with an answer that says what to do. Thrown by handlers, answered by the app. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly body: ProblemBody
  readonly headers: Record<string, string>
  readonly about: About | undefined

  constructor(kind: ProblemKind, detail: string, { errors, headers = {}, members = {}, about }: ProblemExtras = {}) {
    super(detail)
    const { status, title } = KINDS[kind]
    this.body = { type: `urn:herald:problem:${kind}`, title, status, detail, ...(errors && { errors }), ...members }
    this.headers = headers
    this.about = about
  }
}

const MAX_ERRORS = 50

/** A 400 that lists what is wrong, field by field. */
export function invalid(all: FieldError[], about?: About): Problem {
  const errors = all.slice(0, MAX_ERRORS)
  const [first] = errors
  const more = all.length > 1 ? ` (and ${all.length - 1} more, see errors)` : ''
  return new Problem('invalid-request', first ? `${sentence(first)}${more}.` : 'The request is not valid.', { errors, ...(about && { about }) })
}

/**
 * The thing, or a 404. Stores answer only what belongs to the tenant, so this is the one place where
 * another tenant's object is refused, in the same words as one that never was.
 */
export function found<T>(thing: T | undefined, what: string, id: string | number): T {
  if (thing === undefined) throw new Problem('not-found', `There is no ${what} ${JSON.stringify(id)} in this tenant.`)
  return thing
}

const sentence = ({ path, message }: FieldError): string => (path === '' ? `The body ${message}` : `${path} ${message}`)
