import { z } from 'zod'
import { homeTenant, type User } from '../domain/user'
import type { Portal } from '../portal'
import { sessionScopes, type LiveSession } from '../portal/sessions'
import type { Proof } from '../portal/sign-in'
import { tokenId } from '../portal/tokens'
import { Problem, type About } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import type { Carried, SessionCookies } from './session-cookie'
import { sessionView, viewSession, type SessionViewDeps } from './session-view'
import { named } from './views'

export interface SessionDeps extends SessionViewDeps {
  portal: Pick<Portal, 'sessions' | 'signIn'>
  cookies: SessionCookies
}

export const password = z.string().min(1).max(1_024)
export const code = z.string().min(1).max(64).describe('Of the authenticator app, or a recovery code.')

const input = z.strictObject({ email: z.string().min(1).max(320), password, code: code.optional() })
named.add(input, { id: 'SignIn' })

/** Of the session that `scope: 'session'` has let in. */
export function mine({ session }: { session?: LiveSession }): LiveSession {
  if (!session) throw new Error('a route for sessions was entered without one')
  return session
}

export function sessionRoutes(deps: SessionDeps): Route[] {
  const { portal, cookies } = deps
  const about = { tag: 'Signing in', path: '/v1/session' } as const
  return [
    route({
      ...about,
      method: 'post',
      scope: 'none',
      audited: 'at its end',
      summary: 'Sign in',
      description:
        'Sets the cookie of a new session, and ends the one that the browser had. 401 with the type `urn:herald:problem:code-required` (and `reason: "code_required"`): the password is right, send it again with a `code`. Any other 401 does not say what was wrong. 429: too many tries; `Retry-After` says when the next one counts.',
      body: input,
      responses: { 200: { description: 'Signed in.', schema: sessionView } },
      problems: [401, 429, 503],
      handle: signIn,
    }),
    route({
      ...about,
      method: 'get',
      scope: 'session',
      summary: 'Who is signed in?',
      description: 'With the header `Herald-Background`, as any request of a session, it does not count as use of it.',
      responses: { 200: { description: 'The session.', schema: sessionView } },
      handle: async (call) => ({ status: 200, body: await viewSession(deps, { ...call, session: mine(call) }) }),
    }),
    route({
      ...about,
      method: 'delete',
      scope: 'session',
      summary: 'Sign out',
      responses: { 204: { description: 'Signed out.' } },
      handle: async (call) => {
        await portal.sessions.end(mine(call))
        return { status: 204, headers: cookies.clear(carried(call)) }
      },
    }),
    route({
      method: 'delete',
      path: '/v1/sessions',
      scope: 'session',
      tag: 'Signing in',
      summary: 'Sign out everywhere',
      description: 'Ends every session of the user, this one too.',
      responses: { 204: { description: 'Signed out.' } },
      handle: async (call) => {
        const { userId, ...session } = mine(call)
        await (userId === undefined ? portal.sessions.end(session) : portal.sessions.endOfUser(userId))
        return { status: 204, headers: cookies.clear(carried(call)) }
      },
    }),
  ]

  async function signIn(call: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const result = await portal.signIn.signIn(call.body, call.from.address)
    if (result.kind !== 'signed-in') throw refusal(result)
    return begun(deps, result.session, call)
  }
}

export const carried = ({ header, from }: Pick<Call, 'header' | 'from'>): Carried => ({ cookie: header('cookie'), from })

/** The answer that begins a session: what one may do, and the cookie. The browser's session before it ends. */
export async function begun(deps: SessionDeps, session: LiveSession, call: Call): Promise<Reply> {
  for (const before of deps.cookies.read(carried(call))) await deps.portal.sessions.end({ id: tokenId(before) })
  const tenantId = homeTenant(session.grants)
  const body = await viewSession(deps, { session, tenantId, scopes: sessionScopes(session, tenantId) })
  const done = { tenantId, actor: { kind: session.link ? ('link' as const) : ('user' as const), id: session.callerId } }
  return { status: 200, body, headers: deps.cookies.set(session.token, session.link ? 'guest' : 'user', carried(call)), done }
}

type Refused = (Exclude<Proof, { kind: 'proven' | 'throttled' }> | { kind: 'throttled'; waitMs: number; isLocked?: boolean }) & { user?: User }

/** An account, in the book in which its sign-ins are. */
export const aboutUser = ({ id, grants }: Pick<User, 'id' | 'grants'>): About => ({ tenantId: homeTenant(grants), targets: [id] })

/** One text for whatever was wrong: nobody learns which addresses have an account. */
export function refusal(proof: Refused): Problem {
  const about = proof.user && { about: aboutUser(proof.user) }
  if (proof.kind === 'busy') {
    return new Problem('busy', 'Too many are signing in at this moment. This try does not count: try again in two seconds.', { headers: { 'Retry-After': '2' } })
  }
  if (proof.kind === 'throttled') {
    const seconds = Math.max(1, Math.ceil(proof.waitMs / 1_000))
    const detail = proof.isLocked
      ? `Locked after too many wrong tries: wait ${Math.ceil(seconds / 3_600)} h, or ask an administrator for a link for a new password.`
      : `Too many tries: try again in ${seconds} s.`
    return new Problem('too-many-tries', detail, { headers: { 'Retry-After': String(seconds) }, ...about })
  }
  if (proof.kind === 'code-required') {
    return new Problem('code-required', 'Send a code of your authenticator app, or a recovery code, as "code".', { members: { reason: 'code_required' }, ...about })
  }
  return new Problem('sign-in-refused', 'The e-mail address, the password or the code is wrong, or the account is disabled.', about)
}
