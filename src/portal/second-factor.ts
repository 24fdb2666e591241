import type { Logger } from 'pino'
import type { User } from '../domain/user'
import type { UserStore } from '../store/users'
import { counterOf, newRecoveryCodes, newTotpSecret, recoveryHash, totpUrl } from './codes'

export interface SecondFactor {
  /** Counts only once its first code was shown. */
  begin: (user: User) => Promise<{ secret: string; url: string }>
  /** The recovery codes, shown this once; none when the code is not right, or nothing was begun. */
  confirm: (user: User, code: string) => Promise<string[] | undefined>
  turnOff: (userId: string) => Promise<void>
}

export interface SecondFactorDeps {
  users: Pick<UserStore, 'account' | 'setPendingTotp' | 'enableTotp' | 'disableTotp' | 'useTotpCounter'>
  logger: Logger
}

export function createSecondFactor({ users, logger }: SecondFactorDeps): SecondFactor {
  return {
    begin: async ({ id, email }) => {
      const secret = newTotpSecret()
      await users.setPendingTotp(id, secret)
      return { secret, url: totpUrl(secret, email) }
    },
    confirm: async ({ id }, code) => {
      const pending = (await users.account(id))?.pendingTotpSecret
      const counter = pending === undefined ? undefined : counterOf(pending, code)
      if (pending === undefined || counter === undefined) return undefined
      const codes = newRecoveryCodes()
      if (!(await users.enableTotp(id, pending, codes.map(recoveryHash)))) return undefined
      // The code that was shown now does not sign anybody in.
      await users.useTotpCounter(id, counter)
      logger.info({ userId: id }, 'codes of an authenticator app are needed from now on')
      return codes
    },
    turnOff: async (userId) => {
      await users.disableTotp(userId)
      logger.info({ userId }, 'codes of an authenticator app are not needed any more')
    },
  }
}
