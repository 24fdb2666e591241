import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { answer, api, type Schemas, type Webhook } from '../api/client'
import { Proposed } from '../approvals/Waiting'
import { AskForm } from '../parts/Ask'
import { ShownOnce } from '../parts/ShownOnce'
import { useAction } from '../parts/use-action'

interface RotateModalProps {
  webhook: Webhook
  opened: boolean
  close: () => void
}

const OVERLAPS = [
  { value: '1h', label: 'An hour' },
  { value: '24h', label: 'A day' },
  { value: '7d', label: 'A week' },
  { value: '0s', label: 'Not at all: it has leaked' },
]

/** A new signing secret, which is shown once. */
export function RotateModal({ webhook, opened, close }: RotateModalProps) {
  const [overlap, setOverlap] = useState('24h')
  const [secret, setSecret] = useState<string>()
  const [proposed, setProposed] = useState<Schemas['ProposedChange']>()
  const rotate = useAction(async () => {
    const changed = await answer(api.POST('/v1/webhooks/{id}/rotate-secret', { params: { path: { id: webhook.id } }, body: { overlap } }))
    close()
    if ('approval' in changed) setProposed(changed)
    else setSecret(changed.secret)
  })
  return (
    <>
      <AskForm title="Replace the signing secret?" opened={opened} close={close} error={rotate.error} submitText="Replace it" busy={rotate.isPending} submit={() => rotate.mutate()}>
        <Text size="sm">A new secret signs every POST from now on. As long as the old one signs beside it, a receiver takes either, and nothing is refused while it changes over.</Text>
        <Select label="The old one signs as well for" data={OVERLAPS} allowDeselect={false} value={overlap} onChange={(chosen) => chosen !== null && setOverlap(chosen)} />
      </AskForm>
      <Modal title="A second person has to approve it" opened={proposed !== undefined} onClose={() => setProposed(undefined)} closeOnClickOutside={false} centered size="lg">
        {proposed && <Proposed {...proposed} />}
      </Modal>
      <Modal title="The new signing secret" opened={secret !== undefined} onClose={() => setSecret(undefined)} closeOnClickOutside={false} centered size="lg">
        <Stack>
          <ShownOnce text={secret ?? ''} label="The new secret">
            Give it to whoever runs the endpoint. Herald keeps it sealed: only an administrator can have it shown again, which is audited.
          </ShownOnce>
          <Group justify="flex-end">
            <Button onClick={() => setSecret(undefined)}>Done</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
