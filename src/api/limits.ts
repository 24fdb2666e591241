import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { networkOf } from '../domain/network'
import { PERIOD_MS, type RateLimit } from '../domain/rate-limit'
import { Problem } from './problem'

/** How many requests this process takes; what is not given has no limit. */
export interface LimitSettings {
  /** From one address, of those for which no key and no session vouches; and as many of those that need none, as those of signing in. */
  address?: RateLimit
  /** With one key, or by one user. */
  key?: RateLimit
}

/** `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers; none where there is no limit. */
export type LimitHeaders = Record<string, string>

export interface Limits {
  /** Before somebody unknown costs a look-up: throws 429 where the address has used up its tries. */
  mustHaveTries: (address: string) => Promise<void>
  /** Counts a request that nobody vouches for; throws 429 when it is one too many. */
  takeOfAddress: (address: string) => Promise<LimitHeaders>
  /** Counts a request that needs nobody to vouch for it: apart, so that a script with an old key does not keep an office from signing in. */
  takeOfOpen: (address: string) => Promise<LimitHeaders>
  takeOfCaller: (callerId: string) => Promise<LimitHeaders>
}

/** Kept in memory: a look at a store would cost more than most of what is limited. */
export function createLimits({ address, key }: LimitSettings): Limits {
  const [ofAddress, ofOpen] = [address && createPolicy('address', address, ADDRESS_ADVICE), address && createPolicy('open', address, OPEN_ADVICE)]
  const ofKey = key && createPolicy('key', key, KEY_ADVICE)
  return {
    mustHaveTries: async (from) => ofAddress?.mustHave(networkOf(from)),
    takeOfAddress: async (from) => ofAddress?.take(networkOf(from)) ?? {},
    takeOfOpen: async (from) => ofOpen?.take(networkOf(from)) ?? {},
    takeOfCaller: async (id) => ofKey?.take(id) ?? {},
  }
}

const ADDRESS_ADVICE = 'Requests without a key or session that is known here are limited for each address: send a valid one.'
const OPEN_ADVICE = 'Requests that need no key and no session, as those of signing in, are limited for each address.'
const KEY_ADVICE = 'Send events in batches (POST /v1/events/batch), or ask those who operate Herald for a higher HERALD_KEY_LIMIT.'

interface Policy {
  take: (key: string) => Promise<LimitHeaders>
  mustHave: (key: string) => Promise<void>
}

function createPolicy(name: string, { requests, per }: RateLimit, advice: string): Policy {
  const seconds = PERIOD_MS[per] / 1_000
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds })

  const headersOf = ({ remainingPoints, msBeforeNext }: RateLimiterRes): LimitHeaders => ({
    'RateLimit-Policy': `"${name}";q=${requests};w=${seconds}`,
    RateLimit: `"${name}";r=${Math.max(0, remainingPoints)};t=${secondsOf(msBeforeNext)}`,
  })

  function tooMany(state: RateLimiterRes): Problem {
    const wait = Math.max(1, secondsOf(state.msBeforeNext))
    const detail = `More than ${requests} requests a ${per} came ${name === 'key' ? 'with this key' : 'from this address'}; try again in ${wait} s. ${advice}`
    return new Problem('too-many-requests', detail, { headers: { ...headersOf(state), 'Retry-After': String(wait) } })
  }

  return {
    take: async (key) => {
      try {
        return headersOf(await limiter.consume(key))
      } catch (state) {
        throw state instanceof RateLimiterRes ? tooMany(state) : state
      }
    },
    mustHave: async (key) => {
      const state = await limiter.get(key)
      if (state && state.consumedPoints > requests) throw tooMany(state)
    },
  }
}

const secondsOf = (ms: number): number => Math.ceil(Math.max(0, ms) / 1_000)
