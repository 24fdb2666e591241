import { Button, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { answer, api, type ApiKey } from '../api/client'
import { Ask } from '../parts/Ask'
import { RowMenu } from '../parts/RowMenu'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { RotateKey } from './RotateKey'

export const hasExpired = ({ expiresAt }: ApiKey): boolean => expiresAt !== undefined && new Date(expiresAt).getTime() <= Date.now()

/** Of a key that holds. */
export function KeyActions({ apiKey }: { apiKey: ApiKey }) {
  const [revokes, revoke] = useDisclosure()
  const [rotates, rotate] = useDisclosure()
  // The new key is shown once: what shows it stays, whatever has become of the old one.
  const isOver = apiKey.revokedAt !== undefined || hasExpired(apiKey)
  return (
    <>
      {isOver ? (
        <Text size="sm" c="var(--muted)">
          none
        </Text>
      ) : (
        <RowMenu
          of={apiKey.name}
          actions={[
            { text: 'Rotate', act: rotate.open },
            { text: 'Revoke', act: revoke.open, isGrave: true },
          ]}
        />
      )}
      <RotateKey apiKey={apiKey} opened={rotates} close={rotate.close} />
      <RevokeKey apiKey={apiKey} opened={revokes} close={revoke.close} />
    </>
  )
}

function RevokeKey({ apiKey: { id, name, lastUsedAt }, opened, close }: { apiKey: ApiKey; opened: boolean; close: () => void }) {
  const revoke = useAction(
    async () => {
      await answer(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }))
      close()
    },
    () => 'Revoked. It opens nothing any more.',
  )
  return (
    <Ask
      title="Revoke this key?"
      opened={opened}
      close={close}
      error={revoke.error}
      act={
        <Button color="red.9" loading={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      }
    >
      <Text size="sm">
        Whatever calls Herald with <Outside text={name} /> is refused from then on. It cannot be undone: rotate it instead, where a service still needs one.
      </Text>
      <Text size="sm">{lastUsedAt === undefined ? 'It was not used yet.' : <>It was last used <When at={lastUsedAt} />.</>}</Text>
    </Ask>
  )
}
