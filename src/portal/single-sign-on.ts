import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { z } from 'zod'
import { newId } from '../domain/ids'
import { emailKey, type Grant, type Identity, type User } from '../domain/user'
import type { Sealer } from '../domain/webhook'
import type { OneTimeLinkStore } from '../store/one-time-links'
import type { UserStore } from '../store/users'
import type { Accounts } from './accounts'
import { grantsFrom, type ClaimedRoles, type Claims } from './claimed-roles'
import type { Away, IdentityProvider } from './identity-provider'
import type { LiveSession, Sessions } from './sessions'
import { tokenId } from './tokens'
import type { Tries } from './tries'

export type SignedOn =
  | { kind: 'signed-in'; session: LiveSession }
  /** `why` is a sentence for who wants to sign in. */
  | { kind: 'refused'; why: string }
  | { kind: 'throttled'; waitMs: number }
  | Away

/** Signing in by an OpenID Connect provider. */
export interface SingleSignOn {
  /** What people know it by. */
  name: string
  /** `kept` is for the browser, which brings it back. With the token of a link for a password, the provider takes the password's place. */
  begin: (redirectUri: string, linkToken?: string) => Promise<{ kind: 'begun'; url: string; kept: string } | Away>
  finish: (kept: string | undefined, answer: string, address: string) => Promise<SignedOn>
}

export interface SingleSignOnDeps {
  name: string
  provider: IdentityProvider
  /** None: roles are given in Herald, to who is invited there. */
  roles?: ClaimedRoles
  users: UserStore
  links: Pick<OneTimeLinkStore, 'find' | 'take'>
  accounts: Pick<Accounts, 'dropLinks' | 'remove'>
  sessions: Pick<Sessions, 'ofUser' | 'endOfUser'>
  tries: Pick<Tries, 'takeFrom' | 'giveBack'>
  sealer: Sealer
  logger: Logger
}

/** Long enough for a password and a second factor there. */
export const ERRAND_MS = 10 * 60_000
const CONTEXT = 'sign-on'

const keptErrand = z.object({ state: z.string(), nonce: z.string(), codeVerifier: z.string(), redirectUri: z.string(), linkId: z.string().optional(), until: z.number() })

const inOrder = (grants: readonly Grant[]): object => grants.map(({ tenantId, role }) => `${tenantId} ${role}`).toSorted()

/** Whether the provider has checked that they have the user's address. */
const owns = (claims: Claims, user: Pick<User, 'email'>): boolean => claims['email_verified'] === true && hasAddress(claims, user)

const hasAddress = ({ email }: Claims, user: Pick<User, 'email'>): boolean => typeof email === 'string' && emailKey(email) === emailKey(user.email)

type Refused = Extract<SignedOn, { kind: 'refused' }>
const refuse = (why: string): Refused => ({ kind: 'refused', why })

export function createSingleSignOn(deps: SingleSignOnDeps): SingleSignOn {
  const { name, provider, roles, users, links, accounts, sessions, tries, sealer, logger } = deps

  function unseal(kept: string): z.infer<typeof keptErrand> | undefined {
    try {
      const errand = keptErrand.parse(JSON.parse(sealer.open(kept, CONTEXT)))
      return errand.until > Date.now() ? errand : undefined
    } catch {
      return undefined
    }
  }

  /** Whom the provider has sent, with the roles that it gives them. */
  async function settle(identity: Identity, claims: Claims, linkId?: string): Promise<User | Refused> {
    const grants = roles && grantsFrom(claims, roles)
    const known = await users.ofIdentity(identity)
    const user = known ?? (await linked(identity, claims, grants, linkId))
    if ('kind' in user) return user
    if (user.status === 'disabled') return refuse('Your account is disabled here: ask an administrator.')
    if (known && owns(claims, known)) await users.confirmAddress(known.id)
    if (!grants) return user
    if (grants.length === 0) {
      await accounts.remove(user.id)
      logger.info({ userId: user.id }, 'a user was removed: the identity provider gives them no role any more')
      return noRole()
    }
    return (await given(user, grants)) ?? refuse('Your account was just removed here.')
  }

  /** A link that somebody of the tenants before holds does not reach into those that are new. */
  async function given(user: User, grants: Grant[]): Promise<User | undefined> {
    if (isDeepStrictEqual(inOrder(user.grants), inOrder(grants))) return user
    await accounts.dropLinks(user.id)
    return users.setGrants(user.id, grants)
  }

  const noRole = (): Refused => refuse(`${name} gives you no role here: ask for one of the groups that have access to Herald.`)

  /** The user whose account the identity opens from now on. */
  async function linked(identity: Identity, claims: Claims, grants: Grant[] | undefined, linkId?: string): Promise<User | Refused> {
    if (grants?.length === 0) return noRole()
    if (linkId !== undefined) return byLink(identity, claims, linkId)
    const { data: email } = z.email().max(320).safeParse(claims['email'])
    if (email === undefined) return refuse(`${name} does not say what your e-mail address is: its administrator can allow Herald to ask for it.`)
    const there = (await users.accountOf(email))?.user
    if (there) return byAddress(identity, there, claims)
    if (!grants) return refuse(`There is no user ${email} here: ask an administrator to invite this address.`)
    return made({ ...identity, ownsAddress: owns(claims, { email }) }, { email, name: typeof claims['name'] === 'string' ? claims['name'].slice(0, 200) : email }, grants)
  }

  async function made(identity: Identity, { email, name: called }: Pick<User, 'email' | 'name'>, grants: Grant[]): Promise<User | Refused> {
    const id = newId('user')
    const isMade = await users.insert({ id, email, name: called, grants, identity, createdAt: new Date(), createdBy: 'single sign-on' })
    // Two windows at once: the other one has made it.
    const user = isMade ? await users.get(id) : await users.ofIdentity(identity)
    return user ?? refuse('Try again: somebody has just taken this address.')
  }

  /** An address proves who was invited only where the provider has checked it, and nobody has a password for the account. */
  async function byAddress(identity: Identity, user: User, claims: Claims): Promise<User | Refused> {
    if (user.singleSignOn) return refuse(`The user ${user.email} here belongs to another account at ${name}: ask an administrator.`)
    if (user.status === 'disabled') return refuse('Your account is disabled here: ask an administrator.')
    if (!owns(claims, user)) return refuse(`${name} does not say that ${user.email} is yours: ask an administrator for a link, and choose ${name} there.`)
    const owner = await users.link(user, { ...identity, ownsAddress: true }, { insteadOfPassword: false })
    if (!owner) return refuse(`The user ${user.email} has a password here: sign in with it, or ask an administrator for a link, and choose ${name} there.`)
    return begun(owner)
  }

  /** Who has the link could as well choose a password. */
  async function byLink(identity: Identity, claims: Claims, linkId: string): Promise<User | Refused> {
    const link = await links.find(linkId)
    const user = link?.kind === 'password' ? await users.get(link.userId) : undefined
    // With roles of their own from the provider they would act in other tenants under that name.
    if (user && roles && !hasAddress(claims, user)) return refuse(`Your account at ${name} has another address than ${user.email}: ask an administrator.`)
    if (!user || !(await links.take(linkId))) return refuse('This link was used, has ended, or was replaced by a newer one: ask for another one.')
    const owner = await users.link(user, { ...identity, ownsAddress: owns(claims, user) }, { insteadOfPassword: true })
    if (owner && link?.kind === 'password' && link.enable) await users.setDisabled(owner.id, false)
    return owner ? begun(owner) : refuse(`Your account at ${name} belongs to another user here: ask an administrator.`)
  }

  /** No link for a password, and no session of before, outlives it. */
  async function begun(owner: User): Promise<User> {
    await accounts.dropLinks(owner.id)
    await sessions.endOfUser(owner.id)
    logger.info({ userId: owner.id }, 'a user signs in by the identity provider from now on')
    return (await users.get(owner.id)) ?? owner
  }

  return {
    name,
    begin: async (redirectUri, linkToken) => {
      const begin = await provider.begin(redirectUri)
      if (begin.kind === 'away') return begin
      const errand = { ...begin.errand, ...(linkToken !== undefined && { linkId: tokenId(linkToken) }), until: Date.now() + ERRAND_MS }
      return { kind: 'begun', url: begin.url, kept: sealer.seal(JSON.stringify(errand), CONTEXT) }
    },
    finish: async (kept, answer, address) => {
      const errand = kept === undefined ? undefined : unseal(kept)
      if (!errand) return refuse('This was not begun in this browser, or too long ago: begin again.')
      const noneLeft = await tries.takeFrom(address)
      if (noneLeft) return { kind: 'throttled', ...noneLeft }
      const told = await provider.finish(errand, answer)
      if (told.kind === 'refused') return refuse(`Signing in with ${name} failed: ${told.why}. Begin again.`)
      if (told.kind === 'away') return told
      const { issuer, subject, claims } = told
      const user = await settle({ issuer, subject }, claims, errand.linkId)
      if ('kind' in user) {
        logger.warn({ address, subject, why: user.why }, 'a sign-in by the identity provider was refused')
        return user
      }
      const session = await sessions.ofUser(user)
      if (!session) return refuse('All your sessions were just ended: begin again.')
      await Promise.all([users.signedIn(user.id, new Date()), tries.giveBack(address)])
      logger.info({ userId: user.id, address }, 'signed in by the identity provider')
      return { kind: 'signed-in', session }
    },
  }
}
