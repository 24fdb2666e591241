import type { Logger } from 'pino'
import { newId } from '../domain/ids'
import { EVERY_TENANT, type Grant, type User } from '../domain/user'
import type { FieldError } from '../domain/validation'
import type { LinkPurpose, OneTimeLink, OneTimeLinkStore, OnUse } from '../store/one-time-links'
import type { SavedViewStore } from '../store/saved-views'
import type { SessionStore } from '../store/sessions'
import type { Throttle } from '../store/throttle'
import type { UserStore } from '../store/users'
import type { Busy, Passwords } from './passwords'
import { newSecretToken, tokenId } from './tokens'

/** Setting up and resetting is for people who may have to be asked first. */
const LINK_MS = 24 * 3_600_000

export interface NewLink {
  token: string
  expiresAt: Date
}

export interface Invitation extends Pick<User, 'email' | 'name'> {
  grant: Grant
  /** Who invites. */
  by: string
}

/** What somebody sends who came by a link. */
export interface Completion {
  token: string
  password: string
  /** Of the first administrator, whom nobody has invited. */
  email?: string
  name?: string
}

/** `user`: none of the link that makes the first administrator. */
export interface LookedAt {
  user?: User
  expiresAt: Date
}

export type Completed =
  | { kind: 'done'; user: User }
  | { kind: 'link-gone' }
  /** `user`: whose password it would be; none of the first administrator. */
  | { kind: 'invalid'; errors: FieldError[]; user?: User }
  | { kind: 'throttled'; waitMs: number; user?: User }
  | Busy

export type Changed =
  | { kind: 'changed'; user: User }
  | { kind: 'weak'; weakness: string }
  /** All sessions were ended meanwhile. */
  | { kind: 'overtaken' }
  | { kind: 'throttled'; waitMs: number }
  | Busy

export interface Accounts {
  /** Takes the place of the one before; none once there is a user. */
  setupLink: () => Promise<NewLink | undefined>
  /** None when somebody has the address. */
  invite: (invitation: Invitation) => Promise<{ user: User; link: NewLink } | undefined>
  /** Lets the user choose a new password; the old one holds until then. */
  passwordLink: (userId: string, onUse?: OnUse) => Promise<NewLink>
  /** To a tenant whose administrators have not chosen who has the password: it is chosen anew, by a link. None of who signs in by the identity provider, when that vouches for them. */
  grantAnew: (userId: string, grant: Grant) => Promise<NewLink | undefined>
  /** Whose password a link lets them choose, without using it up. */
  lookAt: (token: string) => Promise<LookedAt | undefined>
  complete: (completion: Completion) => Promise<Completed>
  /** Ends all of the user's sessions. */
  changePassword: (user: User, password: string) => Promise<Changed>
  dropLinks: (userId: string) => Promise<void>
  remove: (userId: string) => Promise<void>
}

export interface AccountsDeps {
  users: UserStore
  links: OneTimeLinkStore
  savedViews: Pick<SavedViewStore, 'removeOfUser'>
  passwords: Passwords
  sessions: Pick<SessionStore, 'endOfUser'>
  choices: Throttle
  /** Lets an account be signed in to again that was locked. */
  unlock: (email: string) => Promise<void>
  logger: Logger
}

export function createAccounts({ users, links, savedViews, passwords, sessions, choices, unlock, logger }: AccountsDeps): Accounts {
  async function newLink(purpose: LinkPurpose): Promise<NewLink> {
    const token = newSecretToken()
    const expiresAt = new Date(Date.now() + LINK_MS)
    await links.insert({ ...purpose, id: tokenId(token), expiresAt })
    return { token, expiresAt }
  }

  async function passwordLink(userId: string, onUse: OnUse = {}): Promise<NewLink> {
    await links.dropOfUser(userId)
    return newLink({ kind: 'password', userId, ...onUse })
  }

  async function setPassword(user: User, password: string): Promise<User | undefined> {
    const changed = await users.setPassword(user, await passwords.hash(password))
    if (!changed) return undefined
    await links.dropOfUser(user.id)
    await sessions.endOfUser(user.id)
    await unlock(user.email)
    logger.info({ userId: user.id }, 'a password was set')
    return changed
  }

  /** After the password was set: until then the old one would open what this opens. */
  async function finish(userId: string, { disableTotp, enable }: OnUse): Promise<void> {
    if (disableTotp) await users.disableTotp(userId)
    if (enable) await users.setDisabled(userId, false)
  }

  /** The user whom the link is about; for the first administrator, one who is not there yet. */
  async function subject(link: OneTimeLink | undefined, { email, name }: Completion): Promise<User | Pick<User, 'email' | 'name'> | undefined> {
    if (link?.kind === 'password') return users.get(link.userId)
    if (link?.kind !== 'setup' || (await users.any())) return undefined
    return { email: email ?? '', name: name ?? email ?? '' }
  }

  async function makeFirst({ email, name }: Pick<User, 'email' | 'name'>): Promise<User | undefined> {
    const grants: Grant[] = [{ tenantId: EVERY_TENANT, role: 'administrator' }]
    const id = newId('user')
    const isMade = await users.insert({ id, email, name, grants, createdAt: new Date(), createdBy: 'setup' })
    return isMade ? users.get(id) : undefined
  }

  async function complete(completion: Completion): Promise<Completed> {
    const id = tokenId(completion.token)
    const link = await links.find(id)
    const about = await subject(link, completion)
    if (!link || !about) return { kind: 'link-gone' }
    if (about.email === '') return { kind: 'invalid', errors: [{ path: 'email', message: 'is required' }] }
    const choice = link.kind === 'password' ? link.userId : id
    const noneLeft = await choices.take(choice)
    const whose = 'id' in about ? { user: about } : {}
    if (noneLeft) return { kind: 'throttled', ...noneLeft, ...whose }
    const weakness = await passwords.weakness(completion.password, [about.email, about.name])
    if (weakness) return { kind: 'invalid', errors: [{ path: 'password', message: weakness }], ...whose }
    await choices.forget(choice)
    // Only now, so that a mistake does not use the link up.
    const invited = link.kind === 'password' ? await users.get(link.userId) : undefined
    if (!(await links.take(id))) return { kind: 'link-gone' }
    const user = invited ?? (link.kind === 'setup' ? await makeFirst(about) : undefined)
    if (!user || !(await setPassword(user, completion.password))) return { kind: 'link-gone' }
    if (link.kind === 'password') await finish(user.id, link)
    const name = completion.name ?? user.name
    await users.rename(user.id, name)
    return { kind: 'done', user: { ...user, name } }
  }

  async function changePassword(user: User, password: string): Promise<Changed> {
    const noneLeft = await choices.take(user.id)
    if (noneLeft) return { kind: 'throttled', ...noneLeft }
    const weakness = await passwords.weakness(password, [user.email, user.name])
    if (weakness !== undefined) return { kind: 'weak', weakness }
    await choices.forget(user.id)
    const changed = await setPassword(user, password)
    return changed ? { kind: 'changed', user: changed } : { kind: 'overtaken' }
  }

  return {
    setupLink: async () => {
      await links.dropSetup()
      return (await users.any()) ? undefined : newLink({ kind: 'setup' })
    },
    invite: async ({ email, name, grant, by }) => {
      const id = newId('user')
      if (!(await users.insert({ id, email, name, grants: [grant], createdAt: new Date(), createdBy: by }))) return undefined
      const user = await users.get(id)
      return user && { user, link: await passwordLink(id) }
    },
    passwordLink,
    grantAnew: async (userId, grant) => {
      await links.dropOfUser(userId)
      await users.grantAnew(userId, grant)
      await sessions.endOfUser(userId)
      return (await users.get(userId))?.singleSignOn ? undefined : passwordLink(userId)
    },
    lookAt: async (token) => {
      const link = await links.find(tokenId(token))
      const user = link?.kind === 'password' ? await users.get(link.userId) : undefined
      if (!link || (!user && (link.kind !== 'setup' || (await users.any())))) return undefined
      return { expiresAt: link.expiresAt, ...(user && { user }) }
    },
    complete: (completion) => passwords.admit(() => complete(completion)),
    changePassword: (user, password) => passwords.admit(() => changePassword(user, password)),
    dropLinks: links.dropOfUser,
    remove: async (userId) => {
      await users.remove(userId)
      await links.dropOfUser(userId)
      await savedViews.removeOfUser(userId)
      await sessions.endOfUser(userId)
    },
  }
}
