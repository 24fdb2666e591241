import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const VERSION = 1
const KEY_BYTES = 32
/** Version and number of the key. */
const HEAD_BYTES = 5
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** One of a tenant's keys, by which event data and answers are kept unreadable in the database. */
export interface DataKey {
  /** Counts a tenant's keys, from 1. */
  number: number
  /** Version, number of the key, nonce, cipher text, tag: AES-256-GCM. The context is authenticated with it. */
  seal: (plain: string, context: string) => Buffer
  /** Throws when the bytes were changed, or belong to another context or key. */
  open: (sealed: Uint8Array, context: string) => string
  /** The same for the same text, and no help to whoever guesses texts without the key. */
  fingerprint: (text: string) => string
}

export const newDataKey = (): Buffer => randomBytes(KEY_BYTES)

/** Sealing and fingerprints have a key each, both derived from `secret` (HKDF, RFC 5869). */
export function createDataKey(number: number, secret: Buffer): DataKey {
  const derived = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `herald ${purpose}`, KEY_BYTES))
  const [sealing, marking] = [derived('data'), derived('fingerprint')]
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(VERSION)
  head.writeUInt32BE(number, 1)
  return {
    number,
    seal: (plain, context) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([head, nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed, context) => {
      const text = sealed.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
    },
    fingerprint: (text) => createHmac('sha256', marking).update(text).digest('base64url'),
  }
}

/** The number of the key that has sealed these bytes. */
export function dataKeyNumberOf(sealed: Uint8Array): number {
  if (sealed.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new Error('Not sealed data: it was changed, or a newer Herald has sealed it')
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1)
}
