import type { ClientAuth, Configuration } from 'openid-client'
import type { Logger } from 'pino'
import type { Claims } from './claimed-roles'

export interface ProviderSettings {
  issuer: string
  clientId: string
  clientSecret: string
  scope: string
}

/** What the browser keeps, sealed, until it is back from the provider. */
export interface Errand {
  state: string
  nonce: string
  codeVerifier: string
  redirectUri: string
}

export type Told =
  | { kind: 'identified'; issuer: string; subject: string; claims: Claims }
  /** By the provider, or because what it answered does not hold. */
  | { kind: 'refused'; why: string }
  | Away

/** The provider cannot be reached, or answers what no provider answers. */
export interface Away {
  kind: 'away'
}

/** An OpenID Connect provider: authorization code, PKCE, state and nonce (RFC 9700, 2.1; OpenID Connect Core 1.0, 3.1). */
export interface IdentityProvider {
  /** Where to send the browser. */
  begin: (redirectUri: string) => Promise<{ kind: 'begun'; url: string; errand: Errand } | Away>
  /** `answer` is the query with which the browser came back. */
  finish: (errand: Errand, answer: string) => Promise<Told>
}

/** Somebody waits in front of a browser. */
const TIMEOUT_S = 10

/** Loaded when it is needed: most processes, and most installations, have no use for it. */
const library = () => import('openid-client')

export function createIdentityProvider({ issuer, clientId, clientSecret, scope }: ProviderSettings, logger: Logger): IdentityProvider {
  let known: Promise<Configuration> | undefined

  async function discover(): Promise<Configuration> {
    const { discovery, enableNonRepudiationChecks, allowInsecureRequests, ClientSecretBasic, ClientSecretPost } = await library()
    const server = new URL(issuer)
    const [basic, post] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)]
    // Basic is what every provider must take unless it says otherwise (OpenID Connect Discovery 1.0, 3).
    const authenticate: ClientAuth = (as, ...rest) =>
      (as.token_endpoint_auth_methods_supported?.includes('client_secret_basic') === false ? post : basic)(as, ...rest)
    // Plain HTTP only where the settings allow it: to a loopback address.
    const execute = [enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [allowInsecureRequests] : [])]
    return discovery(server, clientId, undefined, authenticate, { timeout: TIMEOUT_S, execute })
  }

  /** What the provider says about itself; asked for again when it could not be had. */
  function configuration(): Promise<Configuration> {
    known ??= discover().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }

  function away(error: unknown): Away {
    logger.warn({ ...told(error), issuer }, 'the identity provider cannot be used')
    return { kind: 'away' }
  }

  async function identify(errand: Errand, answer: string): Promise<Told> {
    const { authorizationCodeGrant, fetchUserInfo } = await library()
    const config = await configuration()
    const { state, nonce, codeVerifier, redirectUri } = errand
    const tokens = await authorizationCodeGrant(config, new URL(`${redirectUri}?${answer}`), {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) return { kind: 'refused', why: 'it sent no ID token' }
    const more = config.serverMetadata().userinfo_endpoint ? await fetchUserInfo(config, tokens.access_token, claims.sub) : {}
    return { kind: 'identified', issuer: claims.iss, subject: claims.sub, claims: { ...more, ...claims } }
  }

  return {
    begin: async (redirectUri) => {
      try {
        const { buildAuthorizationUrl, calculatePKCECodeChallenge, randomNonce, randomPKCECodeVerifier, randomState } = await library()
        const config = await configuration()
        const errand = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier(), redirectUri }
        const url = buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope,
          state: errand.state,
          nonce: errand.nonce,
          code_challenge: await calculatePKCECodeChallenge(errand.codeVerifier),
          code_challenge_method: 'S256',
        })
        return { kind: 'begun', url: url.href, errand }
      } catch (error) {
        return away(error)
      }
    },
    finish: async (errand, answer) => {
      try {
        return await identify(errand, answer)
      } catch (error) {
        const why = reasonOf(error)
        if (why === undefined) return away(error)
        logger.warn({ ...told(error), issuer }, 'a sign-in by the identity provider failed')
        return { kind: 'refused', why }
      }
    },
  }
}

interface Fault {
  code?: string
  error?: string
  message?: string
  cause?: { code?: string; message?: string }
}

/** Nothing of what the provider sent but its codes: the rest may be about a person, or be a token. */
function told(error: unknown): object {
  const { code, error: problem, message, cause }: Fault = Object(error)
  return { code, problem, reason: message, cause: cause?.code ?? cause?.message }
}

/** Why the provider's answer is none to sign in with; nothing when it gave none. */
function reasonOf(error: unknown): string | undefined {
  const { code, error: problem }: Fault = Object(error)
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') return problem === 'access_denied' ? 'access was denied there' : `it answered "${problem ?? ''}"`
  if (code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' || problem === 'invalid_client') return 'it does not take the client id and secret of Herald, whose administrator can mend the settings'
  if (code === 'OAUTH_RESPONSE_BODY_ERROR' && problem === 'invalid_grant') return 'that took too long, or was tried twice'
  if (code === 'OAUTH_RESPONSE_BODY_ERROR') return `it answered "${problem ?? ''}" to Herald`
  const isOfAnswer = code === undefined || ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON', 'OAUTH_PARSE_ERROR'].includes(code)
  return isOfAnswer ? undefined : 'what it answered is not valid, or not the answer to what this browser began last'
}
