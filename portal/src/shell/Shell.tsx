import { Alert, AppShell, Burger, Center, Group, Loader, Modal, Text } from '@mantine/core'
import { useDisclosure, useNetwork } from '@mantine/hooks'
import { IconCloudOff } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { SignInForm } from '../session/SignInForm'
import { SignInPage } from '../session/SignInPage'
import { useSession } from '../session/session'
import { MainMenu } from './MainMenu'
import { Mark } from './Mark'
import { SearchBox } from './SearchBox'
import { SchemeToggle, TenantMenu, UserMenu } from './header-menus'

export function Shell() {
  const { state } = useSession()
  if (state.kind === 'looking') {
    return (
      <Center mih="100dvh" component="main" aria-label="Loading">
        <Loader />
      </Center>
    )
  }
  if (state.kind === 'out') return <SignInPage />
  return (
    <>
      <Frame key={state.entry.tenantId} />
      <Modal opened={state.ended} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended">
        <Text size="sm" mb="md">
          Sign in again to go on: what you have typed is still there.
        </Text>
        <SignInForm first={state.entry.by === 'key' ? 'key' : 'password'} />
      </Modal>
    </>
  )
}

function Frame() {
  const [opened, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  useEffect(close, [pathname, close])
  return (
    <AppShell header={{ height: { base: 108, sm: 60 } }} navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding={{ base: 'sm', sm: 'lg' }}>
      <AppShell.Header px={{ base: 'sm', sm: 'lg' }}>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <Group h={60} justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={opened ? 'Close the menu' : 'Open the menu'} />
            <Link to="/" style={{ textDecoration: 'none', color: 'inherit' }} aria-label="Herald, start page">
              <Group gap={8} wrap="nowrap">
                <Mark />
                <Text fw={700} fz="lg" component="span" visibleFrom="xs">
                  Herald
                </Text>
              </Group>
            </Link>
          </Group>
          <Group visibleFrom="sm" style={{ flex: '1 1 auto' }} maw={520}>
            <SearchBox />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <TenantMenu />
            <SchemeToggle />
            <UserMenu />
          </Group>
        </Group>
        <Group hiddenFrom="sm">
          <SearchBox />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <MainMenu />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <OfflineNote />
        <div style={{ maxWidth: 1240, margin: '0 auto' }}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

function OfflineNote() {
  const { online } = useNetwork()
  if (online) return null
  return (
    <Alert role="status" color="yellow" icon={<IconCloudOff />} title="You are offline" mb="md">
      What is shown may be old. It is read afresh when the network is back.
    </Alert>
  )
}
