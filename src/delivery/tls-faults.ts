import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'

type Connect = (target: buildConnector.Options, callback: buildConnector.Callback) => unknown

/** The certificate with which a receiver showed itself, by the error that its connection ended with. */
const shown = new WeakMap<object, PeerCertificate>()

/** Keeps, for those connections that fail, what the receiver showed: Node's errors say little of it. */
export function keepCertificates(connect: Connect): Connect {
  return (target, callback) => {
    let certificate: PeerCertificate | undefined
    const socket = connect(target, (...result) => {
      if (result[0] !== null && certificate) shown.set(result[0], certificate)
      callback(...result)
    })
    // Before Node judges it, and closes a connection that it refuses.
    if (isTls(socket)) {
      socket.prependOnceListener('secure', () => (certificate = socket.getPeerCertificate()))
      // An alert after the handshake (TLS 1.3) does not close the socket, and the end that follows would be what counts.
      socket.prependOnceListener('error', (error) => socket.destroy(error))
    }
    return socket
  }
}

const isTls = (value: unknown): value is TLSSocket => typeof value === 'object' && value !== null && 'getPeerCertificate' in value

/** What a failed TLS connection means and what to do about it, in plain words; nothing where the code says nothing of TLS. */
export function tlsFault(code: string, error: unknown): string | undefined {
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined
  if (words === undefined || typeof words === 'string') return words
  return words(typeof error === 'object' && error !== null ? shown.get(error) : undefined, error)
}

type Words = string | ((certificate: PeerCertificate | undefined, error: unknown) => string)

const CLIENT = "the webhook's client certificate"
const unknownAuthority: Words = (certificate) =>
  `The certificate was issued by ${issuerOf(certificate)}, which Herald does not know: have the receiver send its full chain of certificates, or add that authority to HERALD_WEBHOOK_CA`
const tooOld = 'The receiver speaks no TLS of version 1.2 or newer: it has to be brought up to date'
const noTls = 'The receiver speaks no TLS at this port: is the port wrong, or should the URL begin with http://?'
const tooWeak = 'A key or signature of the certificate is too weak: the receiver needs a certificate of today (RSA of 2,048 bits, or EC, with SHA-256)'
const wrongName: Words = (certificate, error) =>
  `The certificate is for ${namesOf(certificate)}, not for ${hostOf(error)}: the receiver needs one for this name, or the URL a name that it is for`

/** By the codes of OpenSSL's verdicts (X509_V_ERR_…), of its alerts and of Node. */
const WORDS: Readonly<Record<string, Words>> = {
  CERT_HAS_EXPIRED: (certificate) =>
    certificate && new Date(certificate.valid_to) > new Date()
      ? 'A certificate that vouches for that of the receiver has expired: the chain that the receiver sends has to be renewed'
      : `The certificate expired${certificate ? ` on ${dayOf(certificate.valid_to)}` : ''}: the receiver has to renew it`,
  CERT_NOT_YET_VALID: (certificate) =>
    `The certificate is not valid yet${certificate ? `, but from ${dayOf(certificate.valid_from)} on` : ''}: the receiver has to use an older one until then, or a clock is wrong`,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is signed by itself, so that nobody vouches for it: the receiver needs one of an authority, or add it to HERALD_WEBHOOK_CA',
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_UNTRUSTED: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: wrongName,
  HOSTNAME_MISMATCH: wrongName,
  CERT_REVOKED: 'The authority has revoked the certificate: the receiver needs a new one',
  UNABLE_TO_GET_CRL: (certificate) => `HERALD_WEBHOOK_CRL has no list of ${issuerOf(certificate)}, so that it is not known whether the certificate was revoked: add that list`,
  CRL_HAS_EXPIRED: (certificate) => `The list of ${issuerOf(certificate)} in HERALD_WEBHOOK_CRL has expired: replace it by the newest one`,
  CRL_NOT_YET_VALID: (certificate) => `The list of ${issuerOf(certificate)} in HERALD_WEBHOOK_CRL is not valid yet: a clock may be wrong`,
  INVALID_PURPOSE: 'The certificate is not for a server: the receiver needs one for server authentication',
  CERT_SIGNATURE_FAILURE: 'The signature of the certificate is wrong: it was damaged, or forged',
  EE_KEY_TOO_SMALL: tooWeak,
  CA_KEY_TOO_SMALL: tooWeak,
  CA_MD_TOO_WEAK: tooWeak,
  ERR_SSL_DH_KEY_TOO_SMALL: tooWeak,

  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'The receiver demands a client certificate: give the webhook one (clientCertificate)',
  // What is said below TLS 1.3 where a client certificate is missing, too.
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'The receiver refused the TLS handshake: it demands a client certificate (give the webhook one, clientCertificate), or takes no cipher of today',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: `The receiver does not know the authority of ${CLIENT}: it has to trust it, or the webhook needs another one`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: `The receiver says that ${CLIENT} has expired: give the webhook a new one`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: `The receiver says that ${CLIENT} was revoked: give the webhook a new one`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: `The receiver does not accept ${CLIENT}`,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: `The receiver does not accept the kind of ${CLIENT}: it may not be for client authentication`,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: `The receiver does not accept ${CLIENT}, or demands one: give the webhook one that it accepts (clientCertificate)`,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: `The receiver accepts ${CLIENT}, but does not let it in`,

  ERR_SSL_UNSUPPORTED_PROTOCOL: tooOld,
  ERR_SSL_VERSION_TOO_LOW: tooOld,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: tooOld,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: noTls,
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'The receiver has no certificate for this name: it has to be set up for it there',
}

const dayOf = (validity: string): string => new Date(validity).toISOString().slice(0, 16).replace('T', ' ') + ' UTC'

function issuerOf(certificate: PeerCertificate | undefined): string {
  const { CN, O } = certificate?.issuer ?? {}
  // Several of a kind come as a list.
  const name: unknown = CN ?? O
  return typeof name === 'string' ? `"${plain(name)}"` : 'an authority'
}

const MOST_NAMES = 4

/** `DNS:a.example, IP Address:192.0.2.1`; the common name does not count (RFC 9525). */
function namesOf(certificate: PeerCertificate | undefined): string {
  const names = (certificate?.subjectaltname ?? '').split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
  const told = names.slice(0, MOST_NAMES).map(plain).join(', ') || 'no name at all'
  return names.length > MOST_NAMES ? `${told} and ${names.length - MOST_NAMES} more` : told
}

function hostOf(error: unknown): string {
  const host: unknown = Object(error).host
  return typeof host === 'string' ? host : "that of the webhook's URL"
}

/** Whoever made the certificate chose the text. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60)
