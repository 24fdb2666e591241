import { Button, Select, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { answer, api, type Role, type User } from '../api/client'
import { Ask, AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { useMay } from '../session/session'
import { LinkDialog, type PasswordLink } from './LinkDialog'
import { ROLES } from './roles'

export interface DialogProps {
  user: User
  opened: boolean
  close: () => void
}

const pathOf = ({ id }: User) => ({ params: { path: { id } } })

export function RoleDialog({ user, opened, close }: DialogProps) {
  const may = useMay()
  const [role, setRole] = useState<Role>(user.role)
  const [everyTenant, setEveryTenant] = useState(user.everyTenant)
  const [made, setMade] = useState<PasswordLink>()
  const change = useAction(
    async () => {
      const changed = await answer(api.PATCH('/v1/users/{id}', { ...pathOf(user), body: { role, everyTenant } }))
      close()
      // Whose role reaches further chooses a new password.
      setMade(changed)
    },
    () => 'Changed. It holds at once.',
  )
  return (
    <>
      <AskForm title="Change the role" opened={opened} close={close} error={change.error} submitText="Change" busy={change.isPending} submit={() => change.mutate()}>
        <Text size="sm">
          Of <Outside text={user.email} />, also in sessions that are under way.
        </Text>
        <Select label="Role" data={ROLES} allowDeselect={false} value={role} onChange={(chosen) => chosen !== null && setRole(chosen as Role)} />
        {may.admin && (
          <Switch label="In every tenant" description="A first role in every tenant takes a new password, by the link that is shown then." checked={everyTenant} onChange={({ currentTarget }) => setEveryTenant(currentTarget.checked)} />
        )}
      </AskForm>
      <LinkDialog link={made} close={() => setMade(undefined)} />
    </>
  )
}

export function NewLinkDialog({ user, opened, close }: DialogProps) {
  const [disableTotp, setDisableTotp] = useState(false)
  const [made, setMade] = useState<PasswordLink>()
  const make = useAction(async () => {
    const link = await answer(api.POST('/v1/users/{id}/password-link', { ...pathOf(user), body: { disableTotp, enable: false } }))
    close()
    setMade({ email: user.email, ...link })
  })
  return (
    <>
      <AskForm title="Make a new password link?" opened={opened} close={close} error={make.error} submitText="Make the link" busy={make.isPending} submit={() => make.mutate()}>
        <Text size="sm">
          For <Outside text={user.email} />, who has lost the password or the invitation. It takes the place of an earlier link; the old password holds until it is used.
        </Text>
        {user.totp && (
          <Switch label="Without the authenticator app" description="The device and the recovery codes are lost too." checked={disableTotp} onChange={({ currentTarget }) => setDisableTotp(currentTarget.checked)} />
        )}
      </AskForm>
      <LinkDialog link={made} close={() => setMade(undefined)} />
    </>
  )
}

export function SignOutDialog({ user, opened, close }: DialogProps) {
  const end = useAction(
    async () => {
      await answer(api.DELETE('/v1/users/{id}/sessions', pathOf(user)))
      close()
    },
    () => 'Signed out everywhere.',
  )
  return (
    <Ask title="Sign them out everywhere?" opened={opened} close={close} error={end.error} act={<Button loading={end.isPending} onClick={() => end.mutate()}>Sign out</Button>}>
      <Text size="sm">
        Every session of <Outside text={user.email} /> ends at once. They can sign in again.
      </Text>
    </Ask>
  )
}

export function DisableDialog({ user, opened, close }: DialogProps) {
  const isDisabled = user.status === 'disabled'
  const set = useAction(
    async () => {
      await answer(api.PATCH('/v1/users/{id}', { ...pathOf(user), body: { status: isDisabled ? 'active' : 'disabled' } }))
      close()
    },
    () => (isDisabled ? 'They may sign in again.' : 'Disabled. They are out.'),
  )
  return (
    <Ask
      title={isDisabled ? 'Let them in again?' : 'Disable this user?'}
      opened={opened}
      close={close}
      error={set.error}
      act={
        <Button loading={set.isPending} onClick={() => set.mutate()}>
          {isDisabled ? 'Let in again' : 'Disable'}
        </Button>
      }
    >
      <Text size="sm">
        <Outside text={user.email} /> {isDisabled ? 'signs in with the password of before.' : 'is out at once and cannot sign in. The role stays, for when you let them in again.'}
      </Text>
    </Ask>
  )
}

export function RemoveDialog({ user, opened, close }: DialogProps) {
  const remove = useAction(
    async () => {
      await answer(api.DELETE('/v1/users/{id}', pathOf(user)))
      close()
    },
    () => 'Removed.',
  )
  return (
    <Ask
      title="Remove this user?"
      opened={opened}
      close={close}
      error={remove.error}
      act={
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          Remove
        </Button>
      }
    >
      <Text size="sm">
        The role of <Outside text={user.email} /> in this tenant is taken away, and they are out at once. Who has no role left anywhere is removed whole.
      </Text>
    </Ask>
  )
}
