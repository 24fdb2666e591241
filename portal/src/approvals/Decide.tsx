import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { answer, api, type Approval } from '../api/client'
import { AskForm } from '../parts/Ask'
import { Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { useMay, useSignedIn } from '../session/session'

/** What the second person does; who has asked may take it back. */
export function Decide({ approval: { id, about, mayApprove, whyNot, requestedBy } }: { approval: Approval }) {
  const may = useMay()
  const { user } = useSignedIn()
  const [rejects, reject] = useDisclosure()
  const approve = useAction(
    () => answer(api.POST('/v1/approvals/{id}/approve', { params: { path: { id } } })),
    () => 'Approved: it is done as it was shown.',
  )
  const isMine = user.id !== undefined && requestedBy.person === user.id
  if (!may.manage) return <Text size="sm">Your role here does not decide: an administrator does.</Text>
  return (
    <Stack mt="sm" gap="sm">
      {approve.error !== null && <Problem error={approve.error} />}
      {!mayApprove && whyNot !== undefined && (
        <Text size="sm" c="var(--muted)">
          <Outside text={whyNot} />
        </Text>
      )}
      <Group>
        {mayApprove && (
          <Button loading={approve.isPending} onClick={() => approve.mutate()} aria-label={`Approve ${about}`}>
            Approve
          </Button>
        )}
        {(mayApprove || isMine) && (
          <Button variant="default" onClick={reject.open} aria-label={`${isMine ? 'Take back' : 'Reject'} ${about}`}>
            {isMine ? 'Take back' : 'Reject'}
          </Button>
        )}
      </Group>
      {rejects && <Reject id={id} title={isMine ? 'Take it back?' : 'Reject it?'} close={reject.close} />}
    </Stack>
  )
}

function Reject({ id, title, close }: { id: string; title: string; close: () => void }) {
  const [reason, setReason] = useState('')
  const send = useAction(
    async () => {
      const rejected = await answer(api.POST('/v1/approvals/{id}/reject', { params: { path: { id } }, body: reason.trim() === '' ? {} : { reason: reason.trim() } }))
      close()
      return rejected
    },
    ({ mayBeMade }) => (mayBeMade ? 'Rejected, but Herald was stopped while it was being made: look whether it was.' : 'Nothing was changed.'),
  )
  return (
    <AskForm title={title} opened close={close} error={send.error} submitText="Reject" busy={send.isPending} submit={() => send.mutate()}>
      <Text size="sm">It will not be made.</Text>
      <TextInput label="Why" description="For whoever has asked." maxLength={1_000} value={reason} onChange={({ currentTarget }) => setReason(currentTarget.value)} />
    </AskForm>
  )
}
