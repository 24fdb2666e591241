import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { newId } from '../domain/ids'

const TOKEN = /^hrld_([0-9a-z]{26})_[\w-]{43}$/
const ID_PREFIX = 'key_'

export interface NewKey {
  id: string
  /** `hrld_<key id>_<256 random bits>`: shown once and kept nowhere. */
  token: string
  hash: string
}

export function newKey(): NewKey {
  const id = newId('apiKey')
  const token = `hrld_${id.slice(ID_PREFIX.length)}_${randomBytes(32).toString('base64url')}`
  return { id, token, hash: hashToken(token) }
}

/** SHA-256 in hex. Enough for 256 random bits, where a password would need a slow hash. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The id of the key that the token claims to be; nothing when it has not the form of a key. */
export function keyIdOf(token: string): string | undefined {
  const [, id] = TOKEN.exec(token) ?? []
  return id && ID_PREFIX + id
}

/** In constant time; both are hashes in hex. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
