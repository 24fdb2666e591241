import { Button, Stack, Text } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import { sessionQuery } from '../api/queries'
import { Fact, Facts } from '../parts/Facts'
import { Loaded } from '../parts/Loaded'
import { PageHead } from '../parts/PageHead'
import { Card, Empty, Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useSession, useSignedIn } from '../session/session'
import { Authenticator } from './Authenticator'
import { ChangePassword } from './ChangePassword'

export function AccountPage() {
  const { user } = useSignedIn()
  return (
    <Stack>
      <PageHead title="Your account" />
      {user.email === undefined ? (
        <Card>
          <Empty title="There is no account here">You came by an API key or by a link of your own application: neither has a password to change.</Empty>
        </Card>
      ) : (
        <Account />
      )}
    </Stack>
  )
}

function Account() {
  return (
    <Loaded query={useQuery(sessionQuery)}>
      {({ user, everyTenant, expiresAt, idleAt }) => (
        <>
          <Card title="You">
            <Facts>
              <Fact name="Name">
                <Outside text={user.name} />
              </Fact>
              <Fact name="E-mail">
                <Outside text={user.email ?? ''} />
              </Fact>
              <Fact name="Role">{everyTenant ? `${user.role}, in every tenant` : `${user.role}, in the tenant that you see`}</Fact>
            </Facts>
          </Card>
          <Card title="Password">
            <ChangePassword totp={user.totp} />
          </Card>
          <Card title="Authenticator app">
            <Authenticator totp={user.totp} />
          </Card>
          <Card title="Sessions">
            <Sessions expiresAt={expiresAt} idleAt={idleAt} />
          </Card>
        </>
      )}
    </Loaded>
  )
}

function Sessions({ expiresAt, idleAt }: { expiresAt: string; idleAt: string }) {
  const { signOut } = useSession()
  const end = useAction(async () => {
    await answer(api.DELETE('/v1/sessions'))
    await signOut()
  })
  return (
    <Stack align="start">
      <Text size="sm">
        This one ends <When at={idleAt} /> unless you use it, and <When at={expiresAt} /> in any case.
      </Text>
      {end.error && <Problem error={end.error} />}
      <Button variant="default" leftSection={<IconLogout size={16} />} loading={end.isPending} onClick={() => end.mutate()}>
        Sign out everywhere
      </Button>
      <Text size="sm" c="var(--muted)">
        Ends every session of yours, in all browsers, this one too.
      </Text>
    </Stack>
  )
}
