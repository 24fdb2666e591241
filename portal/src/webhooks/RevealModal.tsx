import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { answer, api, type Schemas, type Webhook } from '../api/client'
import { Ask } from '../parts/Ask'
import { Code } from '../parts/Code'
import { useAction } from '../parts/use-action'
import { When } from '../parts/When'

interface RevealModalProps {
  webhook: Webhook
  opened: boolean
  close: () => void
}

/** Shows the signing secret again, to whoever means it. It leaves the page with the dialog. */
export function RevealModal({ webhook, opened, close }: RevealModalProps) {
  const [shown, setShown] = useState<Schemas['RevealedSecret']>()
  const reveal = useAction(async () => {
    const found = await answer(api.POST('/v1/webhooks/{id}/reveal-secret', { params: { path: { id: webhook.id } } }))
    close()
    setShown(found)
  })
  return (
    <>
      <Ask
        title="Reveal the signing secret?"
        opened={opened}
        close={close}
        error={reveal.error}
        act={
          <Button loading={reveal.isPending} onClick={() => reveal.mutate()}>
            Reveal it
          </Button>
        }
      >
        <Text size="sm">Who knows it can sign events that the receiver takes for Herald's. That you looked is written to the audit log. If it has leaked, replace it instead.</Text>
      </Ask>
      <Modal title="The signing secret" opened={shown !== undefined} onClose={() => setShown(undefined)} closeOnClickOutside={false} centered size="lg">
        <Stack>
          <Code text={shown?.secret ?? ''} label="The signing secret" />
          {shown?.retiring.map(({ secret, until }) => (
            <div key={secret}>
              <Text size="sm" mb={4}>
                An old one, which signs as well until <When at={until} as="day" />
              </Text>
              <Code text={secret} label="An old secret" />
            </div>
          ))}
          <Group justify="flex-end">
            <Button onClick={() => setShown(undefined)}>Done</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
