// What @peculiar/x509 is built on asks for it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BasicConstraintsExtension, cryptoProvider, PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator, type X509Certificate } from '@peculiar/x509'

/** An authority of one test, and what it vouches for. */
export interface Authority {
  /** PEM. */
  cert: string
  /** A certificate for loopback, or for a client: both as PEM. */
  issue: (name: string) => Promise<Issued>
}

export interface Issued {
  cert: string
  key: string
}

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

export async function createAuthority(name: string): Promise<Authority> {
  cryptoProvider.set(webcrypto)
  const keys = await newKeys()
  const own = await X509CertificateGenerator.createSelfSigned({ ...common(name), keys, extensions: [new BasicConstraintsExtension(true, 1, true)] })
  return { cert: own.toString('pem'), issue: (subject) => issue(subject, own, keys) }
}

async function issue(subject: string, issuer: X509Certificate, signer: webcrypto.CryptoKeyPair): Promise<Issued> {
  const keys = await newKeys()
  const { name: cn, ...dates } = common(subject)
  const names = new SubjectAlternativeNameExtension([
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ])
  const certificate = await X509CertificateGenerator.create({ ...dates, subject: cn, issuer: issuer.subject, publicKey: keys.publicKey, signingKey: signer.privateKey, signingAlgorithm: EC, extensions: [names] })
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: PemConverter.encode(der, 'PRIVATE KEY') }
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])

const common = (name: string) => ({
  name: `CN=${name}`,
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + DAY_MS),
  signingAlgorithm: EC,
})

/** A directory of one test, with files in it. */
export function createFiles(): { directory: string; write: (name: string, text: string) => string; remove: () => void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'herald-certificates-'))
  return {
    directory,
    write: (name, text) => {
      const file = path.join(directory, name)
      writeFileSync(file, text, { mode: 0o600 })
      return file
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
