import { Text } from '@mantine/core'
import { useState } from 'react'
import type { User } from '../api/client'
import { RowMenu } from '../parts/RowMenu'
import { useSignedIn } from '../session/session'
import { DisableDialog, NewLinkDialog, RemoveDialog, RoleDialog, SignOutDialog, type DialogProps } from './user-dialogs'

type What = 'role' | 'link' | 'sign-out' | 'disable' | 'remove'

const DIALOGS: Record<What, (props: DialogProps) => React.ReactNode> = {
  role: RoleDialog,
  link: NewLinkDialog,
  'sign-out': SignOutDialog,
  disable: DisableDialog,
  remove: RemoveDialog,
}

/** What an administrator does for somebody else; one's own account has a page. */
export function UserActions({ user }: { user: User }) {
  const { user: me } = useSignedIn()
  // What was asked last stays until something else is asked: its answer may be a link to show.
  const [asked, setAsked] = useState<{ what: What; opened: boolean; turn: number }>()
  if (user.id === me.id) return <Text size="sm">you</Text>
  const ask = (what: What) => () => setAsked((before) => ({ what, opened: true, turn: (before?.turn ?? 0) + 1 }))
  const Dialog = asked && DIALOGS[asked.what]
  return (
    <>
      <RowMenu
        of={user.email}
        actions={[
          { text: 'Change the role', act: ask('role') },
          { text: 'New password link', act: ask('link') },
          ...(user.status === 'active' ? [{ text: 'Sign out everywhere', act: ask('sign-out') }] : []),
          { text: user.status === 'disabled' ? 'Let in again' : 'Disable', act: ask('disable') },
          { text: 'Remove', act: ask('remove'), isGrave: true },
        ]}
      />
      {Dialog && <Dialog key={asked.turn} user={user} opened={asked.opened} close={() => setAsked({ ...asked, opened: false })} />}
    </>
  )
}
