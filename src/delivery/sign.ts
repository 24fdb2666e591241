import { createHmac, randomBytes } from 'node:crypto'

const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES = 32

/**
 * One Standard Webhooks signature, `v1,<base64>`, over `id.timestamp.body` with HMAC-SHA256.
 * The secret is `whsec_` and the base64 of the key; a receiver checks it with any of that standard's
 * libraries. Decoding the key costs a twentieth of the HMAC, so no decoded key is kept.
 */
export function sign(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  if (!secret.startsWith(SECRET_PREFIX) || key.length === 0) {
    throw new Error(`A signing secret must be '${SECRET_PREFIX}' followed by base64; make one with generateSecret()`)
  }
  const mac = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return `v1,${mac}`
}

/** A new signing secret with 256 random bits; the standard asks for 24 to 64 bytes. */
export function generateSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}
