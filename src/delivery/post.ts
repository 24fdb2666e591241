import { parseUrl } from './address'
import type { Outlet } from './pools'
import type { Outcome } from '../domain/outcome'
import type { BasicAuth, BearerAuth, ClientCertificate, ReceiverAuth } from '../domain/webhook'
import { exchange, type Answer, type TimedEnding } from './answer'
import { BlockedTargetError } from './connector'
import { outcomeOf } from './outcome-of'
import { rounded, type Phases } from './phases'
import { maskSecrets, requestHeaders, secretsOf, type HeaderInput } from './request-headers'
import { createTokens, type Tokens } from './tokens'

export interface PostRequest extends Omit<HeaderInput, 'auth'> {
  url: string
  auth?: ReceiverAuth
  /** The envelope: these bytes, as UTF-8, are signed and sent. */
  body: string
  /** Sent as `webhook-id`; the same for every attempt of a delivery. */
  deliveryEventId: string
  /** Counts from 1. */
  attempt: number
  /** For everything: looking the name up, connecting, TLS, head and body. */
  timeoutMs: number
  /** `whsec_…` or `whsk_…`, one signature each. */
  secrets: string[]
  clientCertificate?: ClientCertificate
}

/** One POST as it is recorded: credentials and the webhook's own header values are masked. */
export interface Exchange {
  startedAt: Date
  durationMs: number
  /** Where the time went, as far as it came. */
  timing?: Phases
  request: { url: string; headers: Record<string, string> }
  response?: Answer
  outcome: Outcome
}

export type PostEvent = (request: PostRequest) => Promise<Exchange>

export interface PostDependencies {
  dispatcher: Pick<Outlet, 'dispatch' | 'connecting'>
  userAgent: string
  tokens?: Tokens
  now?: () => Date
}

/**
 * One HTTP POST. Resolves within the request's `timeoutMs` (and what the event loop adds), and never
 * rejects for anything that a receiver or the network does.
 */
export function createPostEvent({ dispatcher, userAgent, tokens = createTokens({ dispatcher, userAgent }), now = () => new Date() }: PostDependencies): PostEvent {
  return async (request) => {
    const startedAt = now()
    const begun = performance.now()
    const got = await resolveAuth(tokens, request)
    const elapsedMs = performance.now() - begun
    const waited = got.waited ? { tokenMs: rounded(elapsedMs) } : {}
    const about = { startedAt, request: { url: request.url, headers: {} } }
    if ('outcome' in got) return { ...about, durationMs: rounded(elapsedMs), timing: waited, outcome: got.outcome }
    const ready = { ...request, auth: got.auth, timeoutMs: Math.max(1, request.timeoutMs - elapsedMs) }
    const headers = requestHeaders(ready, now(), userAgent)
    const ending = await send(dispatcher, ready, headers.sent)
    if ('answer' in ending && ending.answer.status === 401) got.refused?.()
    return {
      ...about,
      durationMs: rounded(performance.now() - begun),
      timing: { ...waited, ...ending.phases },
      request: { url: request.url, headers: headers.shown },
      ...('answer' in ending ? { response: masked(ending.answer, ready) } : {}),
      outcome: outcomeOf(ending, request.timeoutMs, now()),
    }
  }
}

/** What goes into the header; `refused` is for a token that the receiver does not take. */
type ResolvedAuth = { auth?: BasicAuth | BearerAuth; refused?: () => void; waited: boolean } | { outcome: Outcome; waited: boolean }

async function resolveAuth(tokens: Tokens, { auth, timeoutMs }: PostRequest): Promise<ResolvedAuth> {
  if (auth?.type !== 'oauth2') return { ...(auth && { auth }), waited: false }
  const got = await tokens.get(auth, timeoutMs)
  if ('outcome' in got) return got
  const { token, waited } = got
  return { auth: { type: 'bearer', token }, refused: () => tokens.refuse(auth, token), waited }
}

/** A receiver that repeats what it was sent shows nobody the credentials. */
function masked(answer: Answer, request: HeaderInput): Answer {
  if (request.auth === undefined && request.headers === undefined) return answer
  const secrets = secretsOf(request)
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, maskSecrets(value, secrets)])
  return { ...answer, headers: Object.fromEntries(headers), body: maskSecrets(answer.body, secrets) }
}

async function send(dispatcher: PostDependencies['dispatcher'], request: Omit<PostRequest, 'auth'>, headers: string[]): Promise<TimedEnding> {
  const { url, body, timeoutMs, clientCertificate } = request
  const target = parseUrl(url)
  if (target?.protocol !== 'https:' && target?.protocol !== 'http:') {
    return { error: new BlockedTargetError('The URL must begin with https:// or http://'), phases: {} }
  }
  if (target.username !== '' || target.password !== '') {
    return { error: new BlockedTargetError('The URL must not contain a user name or a password'), phases: {} }
  }
  const { origin, pathname, search } = target
  return exchange(dispatcher, { origin, path: pathname + search, method: 'POST', headers, body }, timeoutMs, clientCertificate)
}
