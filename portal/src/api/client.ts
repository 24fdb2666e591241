import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from '#api'

export type Schemas = components['schemas']
export type Webhook = Schemas['Webhook']
export type Delivery = Schemas['Delivery']
export type DeliveryStatus = Delivery['status']
export type FailureReason = NonNullable<NonNullable<Release['filter']['failureReason']>>
export type Attempt = Schemas['Attempt']
export type Release = Schemas['Release']
export type EventType = Schemas['EventType']
export type User = Schemas['User']
export type Role = User['role']
export type ApiKey = Schemas['ApiKey']
export type Tenant = Schemas['Tenant']
export type Approval = Schemas['Approval']
export type AuditLine = Schemas['AuditLine']
export type FieldChange = Schemas['FieldChange']
export type FieldError = NonNullable<Schemas['Problem']['errors']>[number]

/** What a call is allowed by: it stands in memory alone. */
export interface Credentials {
  headers: Record<string, string>
}

let credentials: Credentials = { headers: {} }
let onSessionEnd = (): void => undefined

export function useCredentials(next: Credentials, whenEnded: () => void): void {
  credentials = next
  onSessionEnd = whenEnded
}

/** A call that was refused or did not arrive, in words that say what to do. */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly status: number
  readonly title: string
  readonly fields: FieldError[]
  /** What the problem details call it: `urn:herald:problem:…`. */
  readonly type: string

  constructor(status: number, title: string, detail: string, { fields = [], type = '' }: { fields?: FieldError[]; type?: string } = {}) {
    super(detail)
    this.status = status
    this.title = title
    this.fields = fields
    this.type = type
  }
}

/** Lists keep themselves fresh: what nobody has asked for must not keep a session from ending. */
let isInUse = true
for (const sign of ['pointerdown', 'keydown']) addEventListener(sign, () => (isInUse = true), { capture: true, passive: true })

const carryCredentials: Middleware = {
  onRequest: ({ request }) => {
    for (const [name, value] of Object.entries(credentials.headers)) request.headers.set(name, value)
    if (!isInUse) request.headers.set('herald-background', 'true')
    isInUse = false
    return request
  },
  onResponse: ({ response }) => {
    if (response.status === 401) onSessionEnd()
  },
}

/** Herald's API, with the types of its own document. */
export const api = createClient<paths>({ baseUrl: location.origin })
api.use(carryCredentials)

interface Outcome<T> {
  data?: T
  error?: unknown
  response: Response
}

/** What the call answers; throws a CallError for everything else. */
export async function answer<T>(call: Promise<Outcome<T>>): Promise<NonNullable<T>> {
  const outcome = await call.catch(() => {
    throw new CallError(0, 'Herald cannot be reached', 'Check the network, and whether Herald runs. What you have typed is still here: try again.')
  })
  if (!outcome.response.ok) throw toError(outcome.response.status, outcome.error)
  return outcome.data as NonNullable<T>
}

function toError(status: number, error: unknown): CallError {
  const { title, detail, errors, type } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Schemas['Problem']>
  return new CallError(
    status,
    title ?? `Herald answered ${status}`,
    detail ?? 'It did not say why. Try again; when it stays, look into the log of Herald.',
    { fields: errors, type },
  )
}

/** What the answer says of single fields; nothing while there is no error. */
export const fieldsOf = (error: unknown): FieldError[] => (error === null || error === undefined ? [] : toCallError(error).fields)

export const toCallError = (error: unknown): CallError =>
  error instanceof CallError ? error : new CallError(-1, 'The portal made a mistake', error instanceof Error ? error.message : String(error))
