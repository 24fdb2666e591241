import ipaddr from 'ipaddr.js'
import { emailKey } from '../domain/user'
import type { Throttle } from '../store/throttle'

const MINUTE_MS = 60_000

/**
 * From one address to one account first, so that who guesses from one place does not lock the owner
 * out; an account as a whole bears a hundred an hour (NIST SP 800-63B, 3.2.2).
 */
export const LIMITS = {
  pair: { name: 'pair', tries: 10, perMs: 15 * MINUTE_MS },
  address: { name: 'address', tries: 100, perMs: 15 * MINUTE_MS },
  account: { name: 'account', tries: 100, perMs: 60 * MINUTE_MS },
  /** New passwords to be looked at, by account, or by the link of the first administrator. */
  choice: { name: 'choice', tries: 10, perMs: 15 * MINUTE_MS },
} as const

export interface Tries {
  /** Counts a try before it is made; answers how long to wait when there are none left. */
  take: (email: string, address: string) => Promise<{ waitMs: number } | undefined>
  /** The try was right: it does not count, nor do those before it from there. */
  wasRight: (email: string, address: string) => Promise<void>
}

export function createTries(throttles: Record<'pair' | 'address' | 'account', Throttle>): Tries {
  const keys = (email: string, address: string) => {
    const [account, place] = [emailKey(email), network(address)]
    return { pair: `${place} ${account}`, address: place, account }
  }
  return {
    take: async (email, address) => {
      const key = keys(email, address)
      return (
        (await throttles.pair.take(key.pair)) ??
        (await throttles.address.take(key.address)) ??
        (await throttles.account.take(key.account))
      )
    },
    wasRight: async (email, address) => {
      const key = keys(email, address)
      await Promise.all([
        throttles.pair.forget(key.pair),
        throttles.address.giveBack(key.address),
        throttles.account.giveBack(key.account),
      ])
    },
  }
}

/** Who has one address of IPv6 has the 2^64 beside it; an IPv4 address written as one of IPv6 is that IPv4 address. */
function network(address: string): string {
  try {
    const parsed = ipaddr.process(address)
    if (parsed.kind() === 'ipv4') return parsed.toString()
    return parsed.toByteArray().slice(0, 8).join('.')
  } catch {
    return address
  }
}
