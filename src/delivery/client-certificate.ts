import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { ClientCertificate } from '../domain/webhook'

/** What may be known of a client certificate; its key is not among that. */
export interface CertificateFacts {
  subject: string
  issuer: string
  validFrom: Date
  expiresAt: Date
  /** SHA-256, in hex with colons. */
  fingerprint: string
}

export type CertificateVerdict = { ok: true } | { ok: false; field: keyof ClientCertificate; reason: string }

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const MOST_IN_CHAIN = 6
/** Every handshake signs with it, and everything else of this process waits meanwhile: 15,360 bits take 145 ms. */
const MOST_RSA_BITS = 4_096
/** Extended key usage: TLS client authentication (RFC 5280, 4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** Whether a webhook can show itself with it at this time: read, in its time, for a client, and with its own key. */
export function checkClientCertificate(given: ClientCertificate, now: Date): CertificateVerdict {
  const chain = readChain(given.certificate)
  const [own] = chain ?? []
  if (!chain || !own) return refuse('certificate', 'must be a certificate in PEM form (BEGIN CERTIFICATE), with those in between after it')
  if (chain.length > MOST_IN_CHAIN) return refuse('certificate', `must have at most ${MOST_IN_CHAIN} certificates: its own, and those in between`)
  const { validFrom, expiresAt } = factsOf(own)
  if (!isDated({ validFrom, expiresAt })) return refuse('certificate', 'says no time, that can be read, from which or until which it is valid')
  if (expiresAt <= now) return refuse('certificate', `has expired on ${expiresAt.toISOString()}`)
  if (validFrom > now) return refuse('certificate', `is not valid before ${validFrom.toISOString()}`)
  if (own.keyUsage && !own.keyUsage.includes(CLIENT_AUTH)) return refuse('certificate', 'is not for client authentication (its extended key usage does not say so)')
  const key = readKey(given.privateKey)
  if (typeof key === 'string') return refuse('privateKey', key)
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > MOST_RSA_BITS) return refuse('privateKey', `must have at most ${MOST_RSA_BITS} bits, or be one of elliptic curves (P-256)`)
  if (!own.checkPrivateKey(key)) return refuse('privateKey', 'does not belong to the certificate, which must be the first one of clientCertificate.certificate')
  return checkUse(given)
}

/** Of the certificate itself, not of those that vouch for it. */
export function describeCertificate({ certificate }: ClientCertificate): CertificateFacts | undefined {
  const [own] = readChain(certificate) ?? []
  const facts = own && factsOf(own)
  return facts && isDated(facts) ? facts : undefined
}

/** OpenSSL reads certificates whose times are none. */
const isDated = ({ validFrom, expiresAt }: Pick<CertificateFacts, 'validFrom' | 'expiresAt'>): boolean => !Number.isNaN(validFrom.getTime()) && !Number.isNaN(expiresAt.getTime())

const refuse = (field: keyof ClientCertificate, reason: string): CertificateVerdict => ({ ok: false, field, reason })

function readChain(pem: string): X509Certificate[] | undefined {
  try {
    return (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block))
  } catch {
    return undefined
  }
}

/** The key, or why it is none. What was given is not repeated. */
function readKey(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem)) return 'is protected by a passphrase: give it without one (openssl pkey -in FILE); Herald keeps it sealed'
  try {
    return createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    return 'must be a private key in PEM form (BEGIN PRIVATE KEY)'
  }
}

/** OpenSSL's own judgement: keys and signatures that are too weak, for one. */
function checkUse({ certificate, privateKey }: ClientCertificate): CertificateVerdict {
  try {
    createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' })
    return { ok: true }
  } catch (error) {
    const { reason = 'OpenSSL refuses it' }: { reason?: string } = Object(error)
    return refuse('certificate', `cannot be used: ${reason}`)
  }
}

const factsOf = (certificate: X509Certificate): CertificateFacts => ({
  subject: certificate.subject.replaceAll('\n', ', '),
  issuer: certificate.issuer.replaceAll('\n', ', '),
  validFrom: new Date(certificate.validFrom),
  expiresAt: new Date(certificate.validTo),
  fingerprint: certificate.fingerprint256,
})
