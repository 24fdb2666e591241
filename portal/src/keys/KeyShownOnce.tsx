import { Button, Group, Modal, Stack } from '@mantine/core'
import type { Schemas } from '../api/client'
import { ShownOnce } from '../parts/ShownOnce'

/** The API tells a key this one time. */
export const KeyShownOnce = ({ made, close }: { made: Schemas['CreatedApiKey'] | undefined; close: () => void }) => (
  <Modal title="The key is made" opened={made !== undefined} onClose={close} closeOnClickOutside={false} centered size="lg">
    <Stack>
      <ShownOnce text={made?.key ?? ''} label="API key">
        Give it to the service as <code>Authorization: Bearer …</code>. Herald keeps its hash alone and cannot show it again.
      </ShownOnce>
      <Group justify="flex-end">
        <Button onClick={close}>Done</Button>
      </Group>
    </Stack>
  </Modal>
)
