import type { Grant } from '../domain/user'
import type { Models } from './models'
import type { SessionRecord } from './records'

/** A browser that somebody has signed in with, or that came by a portal link. */
export interface Session {
  /** SHA-256 of the token in the cookie, in hex: the token itself is kept nowhere. */
  id: string
  userId?: string
  link?: LinkGuest
  createdAt: Date
  /** It ends then, however busy it is. */
  expiresAt: Date
  /** It ends then unless it is used before. Never after `expiresAt`. */
  idleAt: Date
}

/** Somebody whom a portal link let in. */
export interface LinkGuest {
  linkId: string
  name: string
  /** The user or API key that made the link; not kept of older ones. */
  madeBy?: string
  grant: Grant
}

export interface SessionStore {
  insert: (session: Session) => Promise<void>
  /** As it is in MongoDB now: a session that was ended is found nowhere any more. */
  find: (id: string) => Promise<Session | undefined>
  extend: (id: string, idleAt: Date) => Promise<void>
  end: (id: string) => Promise<void>
  endOfUser: (userId: string) => Promise<void>
  endOfLink: (tenantId: string, linkId: string) => Promise<void>
}

const toSession = ({ _id, ...rest }: SessionRecord): Session => ({ id: _id, ...rest })

export function createSessionStore({ sessions }: Models): SessionStore {
  return {
    insert: async ({ id, ...session }) => void (await sessions.create({ _id: id, ...session })),
    find: async (id) => {
      // MongoDB removes what has ended within a minute or so, not at once.
      const record = await sessions.findOne({ _id: id, idleAt: { $gt: new Date() } }).lean<SessionRecord>()
      return record ? toSession(record) : undefined
    },
    extend: async (id, idleAt) => void (await sessions.updateOne({ _id: id }, { $max: { idleAt } })),
    end: async (id) => void (await sessions.deleteOne({ _id: id })),
    endOfUser: async (userId) => void (await sessions.deleteMany({ userId })),
    endOfLink: async (tenantId, linkId) => void (await sessions.deleteMany({ 'link.linkId': linkId, 'link.grant.tenantId': tenantId })),
  }
}
