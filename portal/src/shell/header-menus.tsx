import { ActionIcon, Badge, Menu, Select, Text, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconLogout, IconMoon, IconSun, IconUser, IconUserCog } from '@tabler/icons-react'
import { notifications } from '@mantine/notifications'
import { Link, useNavigate } from '@tanstack/react-router'
import { toCallError } from '../api/client'
import { Outside } from '../parts/visible'
import { useSession, useSignedIn } from '../session/session'

export function TenantMenu() {
  const { chooseTenant } = useSession()
  const { tenants, tenantId } = useSignedIn()
  const navigate = useNavigate()
  if (tenants.length < 2) {
    return tenantId === '' ? null : (
      <Tooltip label="The tenant that you see">
        <Badge variant="default" tt="none" visibleFrom="xs">
          {tenantId}
        </Badge>
      </Tooltip>
    )
  }
  return (
    <Select
      aria-label="Tenant"
      data={tenants}
      value={tenantId}
      searchable={tenants.length > 8}
      allowDeselect={false}
      w={{ base: 150, sm: 170 }}
      size="sm"
      onChange={(chosen) => {
        if (chosen === null || chosen === tenantId) return
        chooseTenant(chosen).then(
          () => navigate({ to: '/operations/webhook' }),
          (error: unknown) => notifications.show({ color: 'red', title: toCallError(error).title, message: toCallError(error).message }),
        )
      }}
    />
  )
}

export function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const next = scheme === 'dark' ? 'light' : 'dark'
  return (
    <Tooltip label={`Use the ${next} theme`}>
      <ActionIcon variant="default" size="lg" aria-label={`Use the ${next} theme`} onClick={() => setColorScheme(next)}>
        {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  )
}

export function UserMenu() {
  const { signOut } = useSession()
  const { user } = useSignedIn()
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Your account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Text size="sm" px="sm" py={6}>
          <Outside text={user.name} />
          {user.email !== undefined && (
            <Text size="xs" c="var(--muted)">
              <Outside text={user.email} />
            </Text>
          )}
          {user.role !== undefined && (
            <Text size="xs" c="var(--muted)">
              {user.role}
            </Text>
          )}
        </Text>
        <Menu.Divider />
        {user.email !== undefined && (
          <Menu.Item leftSection={<IconUserCog size={16} />} renderRoot={(props) => <Link to="/account" {...props} />}>
            Your account
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
