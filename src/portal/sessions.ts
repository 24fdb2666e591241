import type { Scope } from '../domain/api-key'
import { scopesIn, type Grant, type User } from '../domain/user'
import type { LinkGuest, Session, SessionStore } from '../store/sessions'
import type { UserStore } from '../store/users'
import { csrfTokenOf, newSecretToken, tokenId } from './tokens'

export interface SessionTimes {
  /** A session that nobody uses ends after that. */
  idleMs: number
  /** Every session ends after that. */
  mostMs: number
}

/** A session that is under way, with what its owner may do at this moment. */
export interface LiveSession extends Session {
  /** In the cookie. */
  token: string
  /** What every request that changes something has to show. */
  csrfToken: string
  /** None for who came by a portal link. */
  user?: User
  grants: readonly Grant[]
  /** In records of who did what: the id of the user, or of the portal link. */
  callerId: string
}

export interface Sessions {
  /** None when all sessions were ended since the user was read. */
  ofUser: (user: User) => Promise<LiveSession | undefined>
  ofGuest: (link: LinkGuest, sessionMs: number) => Promise<LiveSession>
  /** None when it was never there, has ended, or its owner was disabled or removed. */
  resolve: (token: string, options?: { isUse: boolean }) => Promise<LiveSession | undefined>
  end: (session: Pick<Session, 'id'>) => Promise<void>
  endOfUser: (userId: string) => Promise<void>
  endOfLink: (tenantId: string, linkId: string) => Promise<void>
}

/** An extension is written when a part of the idle time has passed, so that not each request costs a write. */
const WRITTEN_AFTER = 1 / 10

export interface SessionsDeps {
  sessions: SessionStore
  users: Pick<UserStore, 'get' | 'nextGeneration'>
  times: SessionTimes
}

export function createSessions({ sessions, users, times }: SessionsDeps): Sessions {
  async function begin(owner: Pick<Session, 'userId' | 'link'>, mostMs: number, user?: User): Promise<LiveSession> {
    const token = newSecretToken()
    const now = Date.now()
    const expiresAt = new Date(now + mostMs)
    const session = { id: tokenId(token), ...owner, createdAt: new Date(now), expiresAt, idleAt: idleFrom(now, expiresAt) }
    await sessions.insert(session)
    return live(session, token, user)
  }

  const idleFrom = (now: number, expiresAt: Date): Date => new Date(Math.min(now + times.idleMs, expiresAt.getTime()))

  async function extend(session: Session): Promise<Date> {
    const idleAt = idleFrom(Date.now(), session.expiresAt)
    const gained = idleAt.getTime() - session.idleAt.getTime()
    if (gained <= times.idleMs * WRITTEN_AFTER) return session.idleAt
    await sessions.extend(session.id, idleAt)
    return idleAt
  }

  return {
    ofUser: async (user) => {
      const session = await begin({ userId: user.id }, times.mostMs, user)
      // Looked at when it is there: what ends all sessions has either found it or is found here.
      if ((await users.get(user.id))?.generation === user.generation) return session
      await sessions.end(session.id)
      return undefined
    },
    ofGuest: (link, sessionMs) => begin({ link }, Math.min(sessionMs, times.mostMs)),
    resolve: async (token, { isUse } = { isUse: true }) => {
      const session = await sessions.find(tokenId(token))
      if (!session) return undefined
      const user = session.userId === undefined ? undefined : await users.get(session.userId)
      // Disabled and removed users are out at once, in all processes.
      if (session.userId !== undefined && user?.status !== 'active') return undefined
      const idleAt = isUse ? await extend(session) : session.idleAt
      return live({ ...session, idleAt }, token, user)
    },
    end: ({ id }) => sessions.end(id),
    endOfUser: async (userId) => {
      await users.nextGeneration(userId)
      await sessions.endOfUser(userId)
    },
    endOfLink: sessions.endOfLink,
  }
}

const NOT_FOR_GUESTS: readonly Scope[] = ['access', 'erase', 'reveal']

/** What may be done with it in the tenant. Guests give nobody access: what they made would outlast them. Nor do they erase for good, or take secrets away with them. */
export function sessionScopes({ grants, link }: Pick<LiveSession, 'grants' | 'link'>, tenantId: string): readonly Scope[] {
  const scopes = scopesIn(grants, tenantId)
  return link ? scopes.filter((scope) => !NOT_FOR_GUESTS.includes(scope)) : scopes
}

function live(session: Session, token: string, user: User | undefined): LiveSession {
  const grants = user?.grants ?? (session.link ? [session.link.grant] : [])
  const callerId = user?.id ?? session.link?.linkId ?? ''
  return { ...session, token, csrfToken: csrfTokenOf(token), ...(user && { user }), grants, callerId }
}

