import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { ShownOnce } from '../parts/ShownOnce'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'

export interface PasswordLink {
  email: string
  link?: string
  linkExpiresAt?: string
}

/** With which somebody chooses a password. */
export const LinkDialog = ({ link: made, close }: { link: PasswordLink | undefined; close: () => void }) => (
  <Modal title="A link to choose a password" opened={made?.link !== undefined} onClose={close} closeOnClickOutside={false} centered size="lg">
    <Stack>
      <ShownOnce text={made?.link ?? ''} label="Link">
        Send it to <Outside text={made?.email ?? ''} />, and to nobody else: whoever opens it first chooses the password.
      </ShownOnce>
      {made?.linkExpiresAt !== undefined && (
        <Text size="sm" c="var(--muted)">
          It works once, until <When at={made.linkExpiresAt} as="day" />.
        </Text>
      )}
      <Group justify="flex-end">
        <Button onClick={close}>Done</Button>
      </Group>
    </Stack>
  </Modal>
)
