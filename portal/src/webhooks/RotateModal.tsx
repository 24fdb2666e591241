import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { answer, api, type Schemas, type Webhook } from '../api/client'
import { Proposed } from '../approvals/Waiting'
import { AskForm } from '../parts/Ask'
import { ShownOnce } from '../parts/ShownOnce'
import { useAction } from '../parts/use-action'
import { PublicKey } from './PublicKey'

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
export const RotateSecret = ({ webhook, ...modal }: RotateModalProps) => (
  <Rotate
    {...modal}
    title="Replace the signing secret?"
    about="A new secret signs every POST from now on. As long as the old one signs beside it, a receiver takes either, and nothing is refused while it changes over."
    madeTitle="The new signing secret"
    rotate={(overlap) => answer(api.POST('/v1/webhooks/{id}/rotate-secret', { params: { path: { id: webhook.id } }, body: { overlap } }))}
    made={({ secret }) => (
      <ShownOnce text={secret} label="The new secret">
        Give it to whoever runs the endpoint. Herald keeps it sealed: only an administrator can have it shown again, which is audited.
      </ShownOnce>
    )}
  />
)

/** A new key pair, whose public key is for everybody. */
export const RotateKeyPair = ({ webhook, ...modal }: RotateModalProps) => (
  <Rotate
    {...modal}
    title="Replace the key pair?"
    about="A new private key signs every POST from now on (v1a). As long as the old one signs beside it, a receiver with either public key takes it. One that fetches the public keys has the new one within five minutes; hand it to the others."
    madeTitle="The new public key"
    rotate={(overlap) => answer(api.POST('/v1/webhooks/{id}/rotate-key', { params: { path: { id: webhook.id } }, body: { overlap } }))}
    made={(changed) => <PublicKey webhook={changed} label="The new public key" oldLabel="The one before" />}
  />
)

interface RotateProps<Made> {
  title: string
  about: string
  madeTitle: string
  rotate: (overlap: string) => Promise<Made | Schemas['ProposedChange']>
  made: (made: Made) => ReactNode
  opened: boolean
  close: () => void
}

function Rotate<Made extends object>({ title, about, madeTitle, rotate, made, opened, close }: RotateProps<Made>) {
  const [overlap, setOverlap] = useState('24h')
  const [shown, setShown] = useState<Made>()
  const [proposed, setProposed] = useState<Schemas['ProposedChange']>()
  const begin = useAction(async () => {
    const changed = await rotate(overlap)
    close()
    if ('approval' in changed) setProposed(changed)
    else setShown(changed)
  })
  return (
    <>
      <AskForm title={title} opened={opened} close={close} error={begin.error} submitText="Replace it" busy={begin.isPending} submit={() => begin.mutate()}>
        <Text size="sm">{about}</Text>
        <Select label="The old one signs as well for" data={OVERLAPS} allowDeselect={false} value={overlap} onChange={(chosen) => chosen !== null && setOverlap(chosen)} />
      </AskForm>
      <Modal title="A second person has to approve it" opened={proposed !== undefined} onClose={() => setProposed(undefined)} closeOnClickOutside={false} centered size="lg">
        {proposed && <Proposed {...proposed} />}
      </Modal>
      <Modal title={madeTitle} opened={shown !== undefined} onClose={() => setShown(undefined)} closeOnClickOutside={false} centered size="lg">
        <Stack>
          {shown && made(shown)}
          <Group justify="flex-end">
            <Button onClick={() => setShown(undefined)}>Done</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
