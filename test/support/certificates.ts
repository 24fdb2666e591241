import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

export interface Issued {
  /** PEM */
  certificate: string
  /** PEM, PKCS #8 */
  key: string
  serialNumber: string
}

export interface IssueOptions {
  name?: string
  /** DNS names and addresses; that of the receiver when not given. */
  names?: string[]
  notBefore?: Date
  notAfter?: Date
  /** Of a client, or of one too; else of a server. */
  client?: true | 'too'
}

export interface Authority extends Issued {
  issue: (options?: IssueOptions) => Promise<Issued>
  /** The list (PEM) of what it has revoked. */
  revoking: (serialNumbers: string[], nextUpdate?: Date) => Promise<string>
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const pemOf = async ({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')

const san = (names: string[]) => new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })))

let serial = 0
const validity = ({ notBefore, notAfter }: IssueOptions) => ({
  serialNumber: String(1_000 + (serial += 1)),
  notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
  notAfter: notAfter ?? new Date(Date.now() + DAY_MS),
  signingAlgorithm: ALGORITHM,
})

/** An authority that nobody knows until it is trusted by name. With `names`: a receiver that has signed its certificate itself. */
export async function createAuthority(name = 'Authority of a test', options: IssueOptions = {}): Promise<Authority> {
  const keys = await newKeys()
  const extensions: x509.Extension[] = [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]
  if (options.names) extensions.splice(0, 2, new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]), san(options.names))
  const own = await x509.X509CertificateGenerator.createSelfSigned({ ...validity(options), name: `CN=${name}`, keys, extensions })
  return {
    certificate: `${own.toString('pem')}\n`,
    key: await pemOf(keys),
    serialNumber: own.serialNumber,
    issue: async ({ name: subject = 'receiver.test', names = ['receiver.test'], client, ...rest } = {}) => {
      const pair = await newKeys()
      const made = await x509.X509CertificateGenerator.create({
        ...validity(rest),
        subject: `CN=${subject}`,
        issuer: own.subject,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          ...(names.length > 0 ? [san(names)] : []),
          new x509.ExtendedKeyUsageExtension([...(client ? [x509.ExtendedKeyUsage.clientAuth] : []), ...(client === true ? [] : [x509.ExtendedKeyUsage.serverAuth])]),
        ],
      })
      return { certificate: `${made.toString('pem')}\n`, key: await pemOf(pair), serialNumber: made.serialNumber }
    },
    revoking: async (serialNumbers, nextUpdate = new Date(Date.now() + DAY_MS)) => {
      const entries = serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - DAY_MS), reason: x509.X509CrlReason.keyCompromise }))
      const list = await x509.X509CrlGenerator.create({ issuer: own.subject, thisUpdate: new Date(Date.now() - DAY_MS), nextUpdate, signingAlgorithm: ALGORITHM, signingKey: keys.privateKey, entries })
      // The library's own word for it is not that of RFC 7468.
      return x509.PemConverter.encode(list.rawData, 'X509 CRL')
    },
  }
}
