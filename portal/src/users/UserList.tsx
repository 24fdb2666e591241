import { Button, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconUserPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { User } from '../api/client'
import { usersQuery } from '../api/queries'
import { ListPage } from '../parts/ListPage'
import { Rows, type Column } from '../parts/Rows'
import { StatusBadge } from '../parts/StatusBadge'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Allowed } from '../session/Allowed'
import { InviteUser } from './InviteUser'
import { UserActions } from './UserActions'

export const UserList = () => (
  <Allowed what="access" title="Users">
    <Users />
  </Allowed>
)

const COLUMNS: Column<User>[] = [
  {
    header: 'User',
    cell: ({ name, email }) => (
      <div>
        <Text size="sm" fw={600}>
          <Outside text={name} lines="clamped" />
        </Text>
        {name !== email && (
          <Text size="sm" c="var(--muted)">
            <Outside text={email} lines="clamped" />
          </Text>
        )}
      </div>
    ),
  },
  { header: 'Role', cell: ({ role, everyTenant }) => <Text size="sm">{everyTenant ? `${role}, in every tenant` : role}</Text> },
  { header: 'Status', width: '7.5rem', cell: ({ status }) => <StatusBadge status={status} /> },
  { header: 'Signs in with', cell: ({ totp }) => <Text size="sm">{totp ? 'password and code' : 'password'}</Text> },
  { header: 'Last sign-in', width: '9rem', cell: ({ lastSignInAt }) => <Text size="sm">{lastSignInAt === undefined ? 'not yet' : <When at={lastSignInAt} />}</Text> },
  { header: 'Actions', width: '5.5rem', cell: (user) => <UserActions user={user} /> },
]

function Users() {
  const list = useInfiniteQuery(usersQuery)
  const [invites, invite] = useDisclosure()
  const button = (
    <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
      Invite
    </Button>
  )
  return (
    <>
      <ListPage
        title="Users"
        crumbs={[{ text: 'Administration' }]}
        about="Who may sign in to this tenant. A viewer sees everything but the values in events and answers, an operator sees these too, retries and cancels, an administrator also changes webhooks and gives access."
        aside={button}
        list={list}
        empty={
          <Empty title="No users yet" action={button}>
            Invite somebody: they get a link with which they choose a password.
          </Empty>
        }
      >
        {(users) => <Rows label="Users" rows={users} columns={COLUMNS} />}
      </ListPage>
      <InviteUser opened={invites} close={invite.close} />
    </>
  )
}
