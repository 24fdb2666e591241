import { createHash, randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

/** RFC 6238 as every authenticator app knows it: SHA-1, six digits, 30 s. */
const PERIOD_S = 30
const ISSUER = 'Herald'
/** A code may be one step early or late. */
const WINDOW = 1
const RECOVERY_CODES = 10
const RECOVERY_BYTES = 10

const totpOf = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer: ISSUER, label, algorithm: 'SHA1', digits: 6, period: PERIOD_S, secret: Secret.fromBase32(secret) })

/** 160 random bits (RFC 4226, 4), in base32. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32

/** What an authenticator app reads from a QR code. */
export const totpUrl = (secret: string, email: string): string => totpOf(secret, email).toString()

/** The time step that the code belongs to; none when it is not right now. */
export function counterOf(secret: string, code: string): number | undefined {
  const token = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const timestamp = Date.now()
  const delta = totpOf(secret).validate({ token, timestamp, window: WINDOW })
  return delta === null ? undefined : Math.floor(timestamp / 1_000 / PERIOD_S) + delta
}

/** For the day on which the phone is gone: each works once. 80 random bits each, as `abcd-efgh-ijkl-mnop`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const text = new Secret({ buffer: new Uint8Array(randomBytes(RECOVERY_BYTES)).buffer }).base32.toLowerCase()
    return text.match(/.{4}/g)?.join('-') ?? text
  })
}

/** What is kept of a recovery code: SHA-256, enough for 80 random bits behind the limit of tries. */
export const recoveryHash = (code: string): string =>
  createHash('sha256').update(code.toLowerCase().replaceAll(/[^a-z2-7]/g, '')).digest('hex')
