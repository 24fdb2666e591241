import { Text } from '@mantine/core'
import type { Webhook } from '../api/client'
import { Fact } from '../parts/Facts'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { PublicKey } from './PublicKey'

const KINDS = { basic: 'Basic', bearer: 'Bearer', oauth2: 'OAuth 2.0' } as const

export function AuthFact({ auth }: Pick<Webhook, 'auth'>) {
  return (
    <Fact name="Credentials">
      {auth ? KINDS[auth.type] : 'none'}
      {auth?.tokenUrl !== undefined && (
        <>
          , as <Outside text={auth.clientId ?? ''} />, by <Outside text={auth.tokenUrl} />
        </>
      )}
    </Fact>
  )
}

/** How each side knows the other: the client certificate, and what signs. */
export function TrustFacts({ webhook }: { webhook: Webhook }) {
  const { clientCertificate: certificate, signatures, publicKey } = webhook
  return (
    <>
      {certificate && (
        <Fact name="Client certificate">
          <Outside text={certificate.subject} />, issued by <Outside text={certificate.issuer} />
          <br />
          expires <When at={certificate.expiresAt} as="day" />
          <Text size="xs" c="var(--muted)" style={{ overflowWrap: 'anywhere' }}>
            SHA-256 {certificate.fingerprint}
          </Text>
        </Fact>
      )}
      <Fact name="Signed with">{signatures.map((kind) => (kind === 'v1' ? 'a secret (v1)' : 'a key pair (v1a)')).join(' and ')}</Fact>
      {publicKey !== undefined && (
        <Fact name="Public key">
          <PublicKey webhook={webhook} />
        </Fact>
      )}
    </>
  )
}
