import type { Logger } from 'pino'
import type { User } from '../domain/user'
import type { Account, UserStore } from '../store/users'
import { counterOf, recoveryHash } from './codes'
import type { Busy, Passwords } from './passwords'
import type { LiveSession, Sessions } from './sessions'
import type { Tries } from './tries'

/** What somebody shows to prove who they are. */
export interface Credentials {
  email: string
  password: string
  /** Of the authenticator app, or a recovery code. */
  code?: string
}

/** Whose account it was about, where there is one: for the audit log, and for no answer. */
interface About {
  user?: User
}

export type Proof =
  | { kind: 'proven'; user: User }
  /** Whatever was wrong: the answer must not say whether there is such a user. */
  | ({ kind: 'refused' } & About)
  /** The password is right, and a code is needed too. */
  | ({ kind: 'code-required' } & About)
  | ({ kind: 'throttled'; waitMs: number; isLocked: boolean } & About)
  | Busy

export type SignedIn = { kind: 'signed-in'; session: LiveSession } | Exclude<Proof, { kind: 'proven' }>

export interface SignInDeps {
  users: Pick<UserStore, 'accountOf' | 'useTotpCounter' | 'useRecoveryCode' | 'signedIn'>
  passwords: Passwords
  sessions: Pick<Sessions, 'ofUser'>
  tries: Tries
  logger: Logger
}

export interface SignIn {
  /** Also for who is signed in already and is to change what signing in takes. */
  prove: (credentials: Credentials, address: string) => Promise<Proof>
  signIn: (credentials: Credentials, address: string) => Promise<SignedIn>
}

export function createSignIn({ users, passwords, sessions, tries, logger }: SignInDeps): SignIn {
  async function check({ password, code }: Credentials, account: Account | undefined): Promise<Proof> {
    const isRight = await passwords.matches(account?.passwordHash, password)
    if (!isRight || account?.user.status !== 'active') return { kind: 'refused' }
    const { user, totpSecret } = account
    if (totpSecret === undefined) return { kind: 'proven', user }
    if (code === undefined) return { kind: 'code-required' }
    return (await isCode(user.id, totpSecret, code)) ? { kind: 'proven', user } : { kind: 'refused' }
  }

  /** Each code works once (RFC 6238, 5.2), each recovery code too. */
  async function isCode(userId: string, secret: string, code: string): Promise<boolean> {
    const counter = counterOf(secret, code)
    if (counter !== undefined) return users.useTotpCounter(userId, counter)
    return users.useRecoveryCode(userId, recoveryHash(code))
  }

  async function attempt(credentials: Credentials, address: string): Promise<Proof> {
    const { email } = credentials
    const noneLeft = await tries.take(email, address)
    const account = await users.accountOf(email)
    const about = account && { user: account.user }
    if (noneLeft) {
      logger.warn({ address, isLocked: noneLeft.isLocked }, 'too many tries to sign in')
      return { kind: 'throttled', ...noneLeft, ...about }
    }
    const proof = { ...(await check(credentials, account)), ...about }
    if (proof.kind === 'proven') await tries.wasRight(email, address)
    if (proof.kind === 'refused') logger.warn({ address, ...(account && { userId: account.user.id }) }, 'a try to sign in failed')
    return proof
  }

  const prove = (credentials: Credentials, address: string): Promise<Proof> => passwords.admit(() => attempt(credentials, address))

  return {
    prove,
    signIn: async (credentials, address) => {
      const proof = await prove(credentials, address)
      if (proof.kind !== 'proven') return proof
      const { user } = proof
      const session = await sessions.ofUser(user)
      if (!session) return { kind: 'refused' }
      await users.signedIn(user.id, new Date())
      logger.info({ userId: user.id, address }, 'signed in')
      return { kind: 'signed-in', session }
    },
  }
}
