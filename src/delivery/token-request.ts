import type { Outcome } from '../domain/outcome'
import type { OAuth2Auth } from '../domain/webhook'
import { parseUrl } from './address'
import { exchange, type Answer, type Ending } from './answer'
import { BlockedTargetError } from './connector'
import { outcomeOf } from './outcome-of'
import type { Outlet } from './pools'
import { formsOf, maskSecrets } from './request-headers'

/** A token and for how long it holds, or why there is none. */
export type Grant = { token: string; lifeMs: number } | { outcome: Outcome }

export interface TokenRequestDeps {
  dispatcher: Pick<Outlet, 'dispatch'>
  userAgent: string
}

/** The endpoint's whole time, whatever the webhook's own is: several deliveries may wait for it. */
export const TOKEN_TIMEOUT_MS = 10_000
/** Where the endpoint does not say. */
const USUAL_LIFE_S = 300
const MOST_LIFE_S = 86_400
const TOKEN_MAX_LENGTH = 8_192
/** RFC 6750, 2.1: nothing else may stand in the header. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

/** Loaded when it is needed: most webhooks have no use for it. */
const library = () => import('openid-client')

/** Asks a token endpoint (RFC 6749, 4.4) by the same way out, and within the same limits, as a POST goes. Never rejects for what it does. */
export async function requestToken(deps: TokenRequestDeps, auth: OAuth2Auth): Promise<Grant> {
  const url = parseUrl(auth.tokenUrl)
  if (!url || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') {
    return { outcome: { kind: 'blocked', detail: 'The token endpoint must be a URL that begins with https:// or http://, without a user name' } }
  }
  let ending: Ending | undefined
  let secrets: string[] = []
  try {
    const { access_token: token, expires_in: seconds = USUAL_LIFE_S } = await grant(url, auth, async (init) => {
      secrets = secretsOf(auth, init)
      ending = await exchange(deps.dispatcher, toRequest(url, init, deps.userAgent), TOKEN_TIMEOUT_MS)
      return toResponse(ending)
    })
    if (token.length <= TOKEN_MAX_LENGTH && TOKEN.test(token)) return { token, lifeMs: Math.min(seconds, MOST_LIFE_S) * 1_000 }
    return failed(url, `answered a token that no header can carry, or that is longer than ${TOKEN_MAX_LENGTH} characters`)
  } catch (error) {
    return ending ? unusable(url, secrets, ending) : failed(url, `cannot be asked: ${String(Object(error).message)}`)
  }
}

type Init = { method: string; headers: Record<string, string>; body?: unknown }

async function grant(url: URL, { clientId, clientSecret, clientAuthentication, scope, audience }: OAuth2Auth, send: (init: Init) => Promise<Response>) {
  const oauth = await library()
  const authenticate = clientAuthentication === 'body' ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret)
  const config = new oauth.Configuration({ issuer: url.origin, token_endpoint: url.href }, clientId, undefined, authenticate)
  // Whether plain HTTP may be is a setting of Herald's, which the connector keeps.
  oauth.allowInsecureRequests(config)
  config[oauth.customFetch] = async (_, init) => send(init)
  return oauth.clientCredentialsGrant(config, { ...(scope !== undefined && { scope }), ...(audience !== undefined && { audience }) })
}

function toRequest({ origin, pathname, search }: URL, { headers, body }: Init, userAgent: string) {
  const all = Object.entries({ ...headers, 'user-agent': userAgent, accept: 'application/json' }).flat()
  return { origin, path: pathname + search, method: 'POST' as const, headers: all, body: String(body) }
}

const WITHOUT_BODY = [204, 205, 304]

/** As the library knows answers. @throws where there was none */
function toResponse(ending: Ending): Response {
  if (!('answer' in ending)) throw new Error('no answer')
  const { status, headers, body } = ending.answer
  return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, headers: { 'content-type': headers['content-type'] ?? '' } })
}

const failed = ({ host }: URL, what: string): Grant => ({ outcome: { kind: 'failed', reason: 'token', detail: `The token endpoint ${host} ${what}` } })

function unusable(url: URL, secrets: string[], ending: Ending): Grant {
  if ('answer' in ending) return failed(url, whatAnswered(ending.answer, secrets).slice(0, 250))
  if ('error' in ending && ending.error instanceof BlockedTargetError) return { outcome: { kind: 'blocked', detail: `The token endpoint: ${ending.error.message}` } }
  const outcome = outcomeOf(ending, TOKEN_TIMEOUT_MS, new Date())
  if (outcome.kind === 'failed' && outcome.isOurs) return { outcome }
  return failed(url, `cannot be reached: ${'detail' in outcome ? outcome.detail : ''}`)
}

/** RFC 6749, 5.2; of what else was answered, only that it is not what it should be. */
function whatAnswered({ status, body, truncated }: Answer, secrets: string[]): string {
  if (status >= 300 && status < 400) return `answered ${status}; redirects are not followed`
  const { error, error_description: description } = objectOf(body)
  const told = [error, description].filter((text): text is string => typeof text === 'string').map((text) => plain(maskSecrets(text, secrets))).join(': ')
  if (status !== 200) return `answered ${status}${told && `, ${told}`}`
  return truncated ? 'answered more than 16 KiB, which is no token' : 'answered 200, but no bearer token as JSON (access_token, token_type)'
}

function objectOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The client's secret in every form in which it was sent: RFC 6749, 2.3.1, form-encodes it, and `Basic` encodes that with the name. */
function secretsOf({ clientSecret }: OAuth2Auth, { headers: { authorization = '' } }: Init): string[] {
  const pair = authorization.replace(/^Basic /i, '')
  const [, encoded = ''] = Buffer.from(pair, 'base64').toString().split(':')
  return formsOf([clientSecret, new URLSearchParams({ '': clientSecret }).toString().slice(1), encoded, pair, authorization])
}

/** After masking: a cut through a secret would leave a part of it that is not known as one. */
const plain = (text: string): string => text.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 150)
