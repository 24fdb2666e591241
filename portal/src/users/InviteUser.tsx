import { Select, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { answer, api, fieldsOf, type Role, type Schemas } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { useMay } from '../session/session'
import { faultOf } from '../webhooks/draft'
import { LinkDialog, type PasswordLink } from './LinkDialog'
import { ROLES } from './roles'

const EMPTY = { email: '', name: '', role: 'viewer' as Role, everyTenant: false }

/** An address and a role; the link that comes of it is shown once. */
export function InviteUser({ opened, close }: { opened: boolean; close: () => void }) {
  const may = useMay()
  const [draft, setDraft] = useState(EMPTY)
  const [made, setMade] = useState<PasswordLink>()
  const change = (part: Partial<typeof EMPTY>): void => setDraft((now) => ({ ...now, ...part }))
  const invite = useAction(
    async () => {
      const { email, name, ...rest } = draft
      const user: Schemas['InvitedUser'] = await answer(api.POST('/v1/users', { body: { ...rest, email: email.trim(), ...(name.trim() !== '' && { name: name.trim() }) } }))
      close()
      setDraft(EMPTY)
      setMade(user)
    },
    () => 'Invited.',
  )
  const fields = fieldsOf(invite.error)
  return (
    <>
      <AskForm title="Invite a user" opened={opened} close={close} error={invite.error} submitText="Invite" busy={invite.isPending} submit={() => invite.mutate()}>
        <TextInput label="E-mail" type="email" required data-autofocus value={draft.email} error={faultOf(fields, 'email')} onChange={({ currentTarget }) => change({ email: currentTarget.value })} />
        <TextInput label="Name" description="Optional." value={draft.name} error={faultOf(fields, 'name')} onChange={({ currentTarget }) => change({ name: currentTarget.value })} />
        <Select label="Role" data={ROLES} allowDeselect={false} value={draft.role} onChange={(role) => role !== null && change({ role: role as Role })} />
        {may.admin && (
          <Switch label="In every tenant" description="Also in those that are made later." checked={draft.everyTenant} onChange={({ currentTarget }) => change({ everyTenant: currentTarget.checked })} />
        )}
      </AskForm>
      <LinkDialog link={made} close={() => setMade(undefined)} />
    </>
  )
}
