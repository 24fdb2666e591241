import { Anchor, Stack, Text } from '@mantine/core'
import type { Webhook } from '../api/client'
import { Code, CopyIcon } from '../parts/Code'
import { When } from '../parts/When'

interface PublicKeyProps {
  webhook: Pick<Webhook, 'id' | 'publicKey' | 'retiringPublicKeys'>
  /** Where another one is on the page. */
  label?: string
  oldLabel?: string
}

/** With which anybody verifies what a webhook's private key has signed, and where it can be fetched. */
export function PublicKey({ webhook: { id, publicKey = '', retiringPublicKeys = [] }, label = 'The public key', oldLabel = 'The old public key' }: PublicKeyProps) {
  const jwks = `${location.origin}/v1/webhooks/${id}/jwks`
  return (
    <Stack gap="xs">
      <Code text={publicKey} label={label} />
      <Text size="sm" component="div">
        No secret. As a JSON Web Key Set, for anybody, without a key of the API:{' '}
        <Anchor size="sm" underline="always" href={jwks} target="_blank" rel="noreferrer" style={{ overflowWrap: 'anywhere' }}>
          {jwks}
        </Anchor>{' '}
        <CopyIcon text={jwks} what="address of the public keys" />
      </Text>
      {retiringPublicKeys.map((old) => (
        <div key={old.publicKey}>
          <Text size="sm" mb={4}>
            The old one, whose private key signs as well until <When at={old.until} as="day" />
          </Text>
          <Code text={old.publicKey} label={oldLabel} />
        </div>
      ))}
    </Stack>
  )
}
