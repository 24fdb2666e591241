import { createHash, createHmac, randomBytes } from 'node:crypto'

/** 256 random bits, for a cookie or a link: shown to its owner and kept nowhere. */
export const newSecretToken = (): string => randomBytes(32).toString('base64url')

/** What is kept of a token: SHA-256 in hex, enough for 256 random bits. */
export const tokenId = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Only who may read the session's answers knows it; it says nothing about the token. */
export const csrfTokenOf = (token: string): string => createHmac('sha256', token).update('herald csrf').digest('base64url')
