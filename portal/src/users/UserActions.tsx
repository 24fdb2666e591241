import { ActionIcon, Menu, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState } from 'react'
import type { User } from '../api/client'
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
      <Menu position="bottom-end" withArrow>
        <Menu.Target>
          <ActionIcon className="above" variant="subtle" color="gray" aria-label={`Actions for ${user.email}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={ask('role')}>Change the role</Menu.Item>
          <Menu.Item onClick={ask('link')}>New password link</Menu.Item>
          {user.status === 'active' && <Menu.Item onClick={ask('sign-out')}>Sign out everywhere</Menu.Item>}
          <Menu.Item onClick={ask('disable')}>{user.status === 'disabled' ? 'Let in again' : 'Disable'}</Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" onClick={ask('remove')}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {Dialog && <Dialog key={asked.turn} user={user} opened={asked.opened} close={() => setAsked({ ...asked, opened: false })} />}
    </>
  )
}
