import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const VERSION = 's1'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Sealer {
  /** Of the key that seals. */
  keyId: string
  /** Of the keys that open, that one among them. */
  keyIds: string[]
  /** `s1.<key id>.<base64url of nonce, cipher text and tag>` */
  seal(plain: string, context: string): string
  /** Throws when the envelope was changed, moved to another context, or sealed with a key that is not in the ring. */
  open(sealed: string, context: string): string
}

/**
 * Keeps secrets unreadable in the database: AES-256-GCM with a random nonce. The context (tenant,
 * webhook and field) is authenticated with it, so a sealed value copied to another record does not
 * open there. The key id in the envelope says which key is needed, without saying anything about it. `key` seals, `others` open what they have sealed.
 */
export function createSealer(key: Buffer, others: readonly Buffer[] = []): Sealer {
  const keyId = keyIdOf(key)
  const ring = new Map([...others, key].map((each) => [keyIdOf(each), each]))
  return {
    keyId,
    keyIds: [...ring.keys()],
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const text = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${keyId}.${text.toString('base64url')}`
    },
    open(sealed, context) {
      const { sealedWith, nonce, text, tag } = parse(sealed)
      const opening = ring.get(sealedWith)
      if (!opening) throw unknownKey(sealedWith, [...ring.keys()])
      const decipher = createDecipheriv('aes-256-gcm', opening, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag)
      try {
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
      } catch (error) {
        throw new Error('A sealed value was changed, or belongs to another record; restore it from a backup', {
          cause: error,
        })
      }
    },
  }
}

function parse(sealed: string): { sealedWith: string; nonce: Buffer; text: Buffer; tag: Buffer } {
  const [version, sealedWith = '', payload, ...rest] = sealed.split('.')
  const bytes = Buffer.from(payload ?? '', 'base64url')
  if (version !== VERSION || rest.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new Error(`Not a sealed value: expected '${VERSION}.<key id>.<base64url>'`)
  }
  return {
    sealedWith,
    nonce: bytes.subarray(0, NONCE_BYTES),
    text: bytes.subarray(NONCE_BYTES, -TAG_BYTES),
    tag: bytes.subarray(-TAG_BYTES),
  }
}

function unknownKey(sealedWith: string, known: string[]): Error {
  const have = known.length === 1 ? `the configured key is ${known.join()}` : `the configured keys are ${known.join(', ')}`
  return new Error(`The value was sealed with key ${sealedWith}, but ${have}; set HERALD_ENCRYPTION_KEY to that key, or add it to HERALD_OTHER_ENCRYPTION_KEYS`)
}

function keyIdOf(key: Buffer): string {
  if (key.length !== KEY_BYTES) throw new Error(`The encryption key must have ${KEY_BYTES} bytes, but has ${key.length}`)
  return createHash('sha256').update('herald key id').update(key).digest('hex').slice(0, 8)
}
