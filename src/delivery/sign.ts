import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign as signWith, type KeyObject } from 'node:crypto'

const SECRET_PREFIX = 'whsec_'
const KEY_PREFIX = 'whsk_'
const PUBLIC_KEY_PREFIX = 'whpk_'
const SECRET_BYTES = 32
const ED25519_BYTES = 32

/**
 * One Standard Webhooks signature over `id.timestamp.body`: of a secret (`whsec_` and the base64 of the key)
 * `v1,<base64>` with HMAC-SHA256, of a private key (`whsk_`) `v1a,<base64>` with Ed25519. Decoding a secret
 * costs a twentieth of the HMAC, reading a private key (80 µs) as much as its signature; so none is kept decoded.
 */
export function sign(secret: string, id: string, timestampSeconds: number, body: string): string {
  const content = `${id}.${timestampSeconds}.${body}`
  if (secret.startsWith(KEY_PREFIX)) return `v1a,${signWith(null, Buffer.from(content), privateKeyOf(secret)).toString('base64')}`
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  if (!secret.startsWith(SECRET_PREFIX) || key.length === 0) {
    throw new Error(`A signing secret must be '${SECRET_PREFIX}' followed by base64; make one with generateSecret()`)
  }
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

/** A new signing secret with 256 random bits; the standard asks for 24 to 64 bytes. */
export function generateSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/** A new private key of Ed25519: `whsk_` and the base64 of its 32 bytes and those of its public key. */
export function generateSigningKey(): string {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return KEY_PREFIX + Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]).toString('base64')
}

/** The 32 bytes with which whoever has them verifies what a private key has signed. */
const publicBytes = (signingKey: string): Buffer => Buffer.from(signingKey.slice(KEY_PREFIX.length), 'base64').subarray(ED25519_BYTES)

/** `whpk_` and base64, as Standard Webhooks writes public keys. */
export const publicKeyOf = (signingKey: string): string => PUBLIC_KEY_PREFIX + publicBytes(signingKey).toString('base64')

/** RFC 8037. */
export const publicJwkOf = (signingKey: string) => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', x: publicBytes(signingKey).toString('base64url') }) as const

/** As a JWK: OpenSSL takes ten times as long to read PKCS #8. */
function privateKeyOf(signingKey: string): KeyObject {
  const bytes = Buffer.from(signingKey.slice(KEY_PREFIX.length), 'base64')
  const [d, x] = [bytes.subarray(0, ED25519_BYTES), bytes.subarray(ED25519_BYTES)].map((part) => part.toString('base64url'))
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' })
}
