import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const VERSION = 's1'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Sealer {
  /** `s1.<key id>.<base64url of nonce, cipher text and tag>` */
  seal(plain: string, context: string): string
  /** Throws when the envelope was changed, moved to another context, or sealed with another key. */
  open(sealed: string, context: string): string
}

/**
 * Keeps secrets unreadable in the database: AES-256-GCM with a random nonce. The context (tenant,
 * webhook and field) is authenticated with it, so a sealed value copied to another record does not
 * open there. The key id in the envelope says which key is needed, without saying anything about it.
 */
export function createSealer(key: Buffer): Sealer {
  if (key.length !== KEY_BYTES) {
    throw new Error(`The encryption key must have ${KEY_BYTES} bytes, but has ${key.length}`)
  }
  const keyId = keyIdOf(key)
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const text = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${keyId}.${text.toString('base64url')}`
    },
    open(sealed, context) {
      const { nonce, text, tag } = parse(sealed, keyId)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
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

function parse(sealed: string, keyId: string): { nonce: Buffer; text: Buffer; tag: Buffer } {
  const [version, sealedWith, payload, ...rest] = sealed.split('.')
  const bytes = Buffer.from(payload ?? '', 'base64url')
  if (version !== VERSION || rest.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new Error(`Not a sealed value: expected '${VERSION}.<key id>.<base64url>'`)
  }
  if (sealedWith !== keyId) {
    throw new Error(
      `The value was sealed with key ${sealedWith}, but the configured key is ${keyId}; set HERALD_ENCRYPTION_KEY to that key`,
    )
  }
  return {
    nonce: bytes.subarray(0, NONCE_BYTES),
    text: bytes.subarray(NONCE_BYTES, -TAG_BYTES),
    tag: bytes.subarray(-TAG_BYTES),
  }
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('herald key id').update(key).digest('hex').slice(0, 8)
}
