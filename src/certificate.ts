import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** A server's certificate with its chain, and its key: PEM texts, or the paths of files that may be replaced while Herald runs. */
export interface CertificateSource {
  cert: string
  key: string
}

export interface KeyPair {
  cert: string
  key: string
}

/** @throws {Error} when a file cannot be read, or holds nothing that TLS can use, or the two do not belong together */
export function readKeyPair({ cert, key }: CertificateSource): KeyPair {
  const pair = { cert: textOf(cert), key: textOf(key) }
  createSecureContext(pair)
  return pair
}

const textOf = (value: string): string => (value.includes('-----BEGIN') ? value : readFileSync(value, 'utf8'))
