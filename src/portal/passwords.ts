import { hash, verify } from '@node-rs/argon2'
import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import pLimit from 'p-limit'

/** NIST SP 800-63B asks for 8 at least and 64 at most allowed; the latter bounds the work of looking at it. */
export const PASSWORD_LENGTH = { min: 12, max: 128 } as const

/** Of OWASP's Password Storage Cheat Sheet for argon2id, which is the library's own choice: 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Of a password and of what it must not be made of: looking at 128 characters takes a second, in which nothing else runs. */
const LOOKED_AT = 40

/** Of 0 to 4: more than 10^8 guesses. */
const STRONG_ENOUGH = 3

/** Hashing takes a thread of the pool that also looks up the names of webhooks' hosts: it gets two of four. */
const AT_A_TIME = 2

/** Some two seconds of work: whoever comes after these is better told than kept. */
const MOST_WAITING = 50

/** Too many wait to have a password hashed. */
export interface Busy {
  kind: 'busy'
}

export interface Passwords {
  /** Does what hashes passwords; nothing of it when too many others wait. */
  admit: <T>(work: () => Promise<T>) => Promise<T | Busy>
  hash: (password: string) => Promise<string>
  /** Takes as long without a hash to compare with, so that the time says nothing. */
  matches: (passwordHash: string | undefined, password: string) => Promise<boolean>
  /** Why the password may not be chosen, in words that read on after the field's name. */
  weakness: (password: string, about: string[]) => Promise<string | undefined>
}

export function createPasswords(): Passwords {
  const limit = pLimit(AT_A_TIME)
  const make = (password: string): Promise<string> => limit(() => hash(normal(password), ARGON2ID))
  // Made when it is first needed: most processes sign nobody in.
  let nobody: Promise<string> | undefined
  let guesser: Promise<ZxcvbnFactory> | undefined
  let admitted = 0

  return {
    admit: async (work) => {
      if (admitted >= AT_A_TIME + MOST_WAITING) return { kind: 'busy' }
      admitted++
      try {
        return await work()
      } finally {
        admitted--
      }
    },
    hash: make,
    matches: async (passwordHash, password) => {
      const against = passwordHash ?? (await (nobody ??= make('of nobody')))
      const isSame = await limit(() => verify(against, normal(password)))
      return passwordHash !== undefined && isSame
    },
    weakness: async (password, about) => {
      const { length } = Array.from(normal(password))
      if (length < PASSWORD_LENGTH.min) return `must have at least ${PASSWORD_LENGTH.min} characters: a sentence of a few words is easy to keep`
      if (length > PASSWORD_LENGTH.max) return `must have at most ${PASSWORD_LENGTH.max} characters`
      guesser ??= makeGuesser()
      if ((await guesser).check(normal(password), ['herald', ...about.flatMap(parts)]).score >= STRONG_ENOUGH) return undefined
      return 'is too easy to guess: it is a common password, repeats itself, or is made of your name or address. Choose a few words that do not belong together'
    },
  }
}

/** Its lists of words take 17 MB: loaded when somebody first chooses a password, in most processes never. */
async function makeGuesser(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')])
  return new ZxcvbnFactory({ maxLength: LOOKED_AT, dictionary: { ...dictionary }, graphs: adjacencyGraphs })
}

/** The same password, however a keyboard composes it (NIST SP 800-63B, 3.1.1.2). */
const normal = (password: string): string => password.normalize('NFKC')

const parts = (text: string): string[] => [text, ...text.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length > 2).map((part) => part.slice(0, LOOKED_AT))
