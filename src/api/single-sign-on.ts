import { z } from 'zod'
import type { Portal } from '../portal'
import { ERRAND_MS, type SingleSignOn } from '../portal/single-sign-on'
import { Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { begun, carried, refusal, type SessionDeps } from './session'
import type { PortalSettings } from './session-cookie'
import { sessionView } from './session-view'
import { linkToken } from './setup'
import { named } from './views'

export interface SingleSignOnDeps extends SessionDeps {
  portal: Pick<Portal, 'sessions' | 'signIn' | 'singleSignOn'>
  portalSettings: Pick<PortalSettings, 'publicUrl'>
}

const waysView = z.object({
  singleSignOn: z.object({ name: z.string().describe('What people know the identity provider by.') }).optional().describe('None where no identity provider is set.'),
})
named.add(waysView, { id: 'WaysToSignIn' })

const beginInput = z.strictObject({
  token: linkToken.optional().describe('Of a one-time link for a password: the identity provider is used instead of one from then on.'),
})
named.add(beginInput, { id: 'BeginSingleSignOn' })

const beginView = z.object({ url: z.string().describe('Where to send the browser.') })
named.add(beginView, { id: 'SingleSignOnBegun' })

const finishInput = z.strictObject({
  answer: z.string().min(1).max(8_192).describe('The query of the address to which the provider has sent the browser back: `code=…&state=…`.'),
})
named.add(finishInput, { id: 'FinishSingleSignOn' })

/** The page that the provider sends browsers back to; registered there as the redirect URI. */
const RETURN_PATH = '/portal/signed-on'

export function singleSignOnRoutes(deps: SingleSignOnDeps): Route[] {
  const { cookies, portal, portalSettings } = deps
  const about = { scope: 'none', tag: 'Signing in' } as const
  return [
    route({
      ...about,
      method: 'get',
      path: '/v1/sign-in',
      summary: 'How can one sign in?',
      description: 'With a password in any case; whether by an identity provider too.',
      responses: { 200: { description: 'The ways.', schema: waysView } },
      handle: async () => {
        const { singleSignOn } = portal
        return { status: 200, body: singleSignOn ? { singleSignOn: { name: singleSignOn.name } } : {} }
      },
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/sign-in/oidc',
      audited: 'at its end',
      summary: 'Begin to sign in by the identity provider',
      description: `OpenID Connect: authorization code with PKCE, state and nonce. Sets a cookie without which the answer is not taken. The provider sends the browser back to \`${RETURN_PATH}\`, whose page does the rest.`,
      body: beginInput,
      responses: { 200: { description: 'Begun.', schema: beginView } },
      problems: [404, 503],
      handle: async (call) => {
        const base = portalSettings.publicUrl ?? call.from.url
        const begin = await used().begin(base + RETURN_PATH, call.body.token)
        if (begin.kind === 'away') throw away(used())
        return { status: 200, body: { url: begin.url }, headers: { 'Set-Cookie': cookies.errand.set(begin.kept, carried(call), ERRAND_MS) } }
      },
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/session/oidc',
      audited: 'at its end',
      summary: 'Sign in with the answer of the identity provider',
      description: 'What the page does that the provider sends browsers back to: begins a session, and sets its cookie. 401 says why it was not.',
      body: finishInput,
      responses: { 200: { description: 'Signed in.', schema: sessionView } },
      problems: [401, 404, 429, 503],
      handle: finish,
    }),
  ]

  async function finish(call: Call<unknown, unknown, z.output<typeof finishInput>>): Promise<Reply> {
    const singleSignOn = used()
    const result = await singleSignOn.finish(cookies.errand.read(carried(call)), call.body.answer, call.from.address)
    if (result.kind === 'throttled') throw refusal(result)
    if (result.kind === 'away') throw away(singleSignOn)
    if (result.kind === 'refused') throw new Problem('sign-in-refused', result.why)
    const { headers, ...reply } = await begun(deps, result.session, call)
    return { ...reply, headers: { ...headers, 'Set-Cookie': [cookies.errand.clear(carried(call)), headers?.['Set-Cookie'] ?? []].flat() } }
  }

  function used(): SingleSignOn {
    const { singleSignOn } = portal
    if (singleSignOn) return singleSignOn
    throw new Problem('not-found', 'No identity provider is set here: sign in with a password. HERALD_OIDC_ISSUER sets one.')
  }
}

const away = ({ name }: SingleSignOn): Problem =>
  new Problem('provider-away', `Herald cannot use ${name} now: try again in a minute, or sign in with a password where you have one. The log says why.`, { headers: { 'Retry-After': '60' } })
