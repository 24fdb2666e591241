import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Outcome } from '../domain/outcome'
import type { OAuth2Auth } from '../domain/webhook'
import { within } from '../domain/within'
import { requestToken, type Grant, type TokenRequestDeps } from './token-request'

export type TokenResult = { token: string; waited: boolean } | { outcome: Outcome; waited: boolean }

/** Access tokens of this process, by the credentials that they were got with. */
export interface Tokens {
  /** One that holds, or why there is none, within `timeoutMs`. */
  get: (auth: OAuth2Auth, timeoutMs: number) => Promise<TokenResult>
  /** The receiver has answered 401 to it: the next attempt gets another one. */
  refuse: (auth: OAuth2Auth, token: string) => void
}

/** What fails together is told together, and an endpoint that is down is not asked by each delivery. */
const FAILED_MS = 1_000
/** A receiver that refuses also the next token does not get a third one sooner. */
const REFUSED_MS = 60_000
/** A token may be on its way for as long as a POST lasts. */
const MARGIN_MS = 30_000
const MOST_CREDENTIALS = 10_000

interface Entry {
  token?: { value: string; renewAt: number; endsAt: number }
  failure?: { outcome: Outcome; until: number }
  fetching?: Promise<Grant>
  refusedAt?: number
}

export function createTokens({ clock = () => performance.now(), ...deps }: TokenRequestDeps & { clock?: () => number }): Tokens {
  const entries = new LRUCache<string, Entry>({ max: MOST_CREDENTIALS })

  function entryOf(auth: OAuth2Auth): Entry {
    const key = createHash('sha256').update(JSON.stringify([auth.tokenUrl, auth.clientId, auth.clientSecret, auth.scope, auth.audience, auth.clientAuthentication])).digest('base64url')
    const entry = entries.get(key) ?? {}
    entries.set(key, entry)
    return entry
  }

  /** One request at a time for the same credentials. */
  function fetch(entry: Entry, auth: OAuth2Auth): Promise<Grant> {
    entry.fetching ??= requestToken(deps, auth).then((grant) => {
      delete entry.fetching
      keep(entry, grant, clock())
      return grant
    })
    return entry.fetching
  }

  return {
    get: async (auth, timeoutMs) => {
      const entry = entryOf(auth)
      const now = clock()
      const isFailing = entry.failure !== undefined && now < entry.failure.until
      if (entry.token && now < entry.token.endsAt) {
        // Before it ends, and without a delivery that waits for it.
        if (now >= entry.token.renewAt && !isFailing) void fetch(entry, auth)
        return { token: entry.token.value, waited: false }
      }
      if (entry.failure && isFailing) return { outcome: entry.failure.outcome, waited: false }
      const fetching = fetch(entry, auth)
      if (!(await within(fetching, timeoutMs))) return { outcome: late(auth, timeoutMs), waited: true }
      const grant = await fetching
      return 'token' in grant ? { token: grant.token, waited: true } : { ...grant, waited: true }
    },
    refuse: (auth, token) => {
      const entry = entryOf(auth)
      const now = clock()
      if (entry.token?.value !== token || now - (entry.refusedAt ?? -Infinity) < REFUSED_MS) return
      entry.refusedAt = now
      delete entry.token
    },
  }
}

function keep(entry: Entry, grant: Grant, now: number): void {
  if (!('token' in grant)) {
    entry.failure = { outcome: grant.outcome, until: now + FAILED_MS }
    return
  }
  delete entry.failure
  const { token: value, lifeMs } = grant
  entry.token = { value, renewAt: now + lifeMs * 0.75, endsAt: now + lifeMs - Math.min(MARGIN_MS, lifeMs / 10) }
}

const late = ({ tokenUrl }: OAuth2Auth, timeoutMs: number): Outcome => ({
  kind: 'failed',
  reason: 'token',
  detail: `The token endpoint ${new URL(tokenUrl).host} gave no answer within ${Math.round(timeoutMs)} ms`,
})
