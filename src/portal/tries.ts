import { networkOf } from '../domain/network'
import { emailKey } from '../domain/user'
import type { Throttle } from '../store/throttle'

const MINUTE_MS = 60_000

const DAY_MS = 1_440 * MINUTE_MS

/**
 * From one address to one account first, so that who guesses from one place does not lock the owner
 * out. An account as a whole bears a hundred failures in a row, wrong codes among them, and is locked
 * then (NIST SP 800-63B, 3.2.2): for a day, or until a new password is chosen by a link.
 */
export const LIMITS = {
  pair: { name: 'pair', tries: 10, perMs: 15 * MINUTE_MS },
  address: { name: 'address', tries: 100, perMs: 15 * MINUTE_MS },
  account: { name: 'failures', tries: 100, perMs: 30 * DAY_MS, lockMs: DAY_MS },
  /** New passwords to be looked at, by account, or by the link of the first administrator. */
  choice: { name: 'choice', tries: 10, perMs: 15 * MINUTE_MS },
} as const

export interface Tries {
  /** Counts a try before it is made; answers how long to wait when there are none left. */
  take: (email: string, address: string) => Promise<{ waitMs: number; isLocked: boolean } | undefined>
  /** The try was right: it does not count, nor do those before it from there, and to the account from anywhere. */
  wasRight: (email: string, address: string) => Promise<void>
  /** Of a try by the identity provider, which counts its tries to an account itself. */
  takeFrom: (address: string) => Promise<{ waitMs: number } | undefined>
  giveBack: (address: string) => Promise<void>
  /** The account has other credentials now. */
  unlock: (email: string) => Promise<void>
}

export function createTries(throttles: Record<'pair' | 'address' | 'account', Throttle>): Tries {
  const keys = (email: string, address: string) => {
    const [account, place] = [emailKey(email), networkOf(address)]
    return { pair: `${place} ${account}`, address: place, account }
  }
  return {
    take: async (email, address) => {
      const key = keys(email, address)
      const noneLeft = (await throttles.pair.take(key.pair)) ?? (await throttles.address.take(key.address))
      if (noneLeft) return { ...noneLeft, isLocked: false }
      const locked = await throttles.account.take(key.account)
      return locked && { ...locked, isLocked: true }
    },
    wasRight: async (email, address) => {
      const key = keys(email, address)
      await Promise.all([
        throttles.pair.forget(key.pair),
        throttles.address.giveBack(key.address),
        throttles.account.forget(key.account),
      ])
    },
    takeFrom: (address) => throttles.address.take(networkOf(address)),
    giveBack: (address) => throttles.address.giveBack(networkOf(address)),
    unlock: (email) => throttles.account.forget(emailKey(email)),
  }
}
