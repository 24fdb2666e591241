import { NavLink } from '@mantine/core'
import { IconArrowsExchange, IconBolt, IconListCheck, IconRefreshDot, IconSend, IconTags, IconWebhook } from '@tabler/icons-react'
import { Link, useLocation } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useMay } from '../session/session'

type Place = '/operations/webhook' | '/operations/deliveries' | '/operations/releases' | '/events' | '/event-types' | '/events/publish'

export function MainMenu() {
  const may = useMay()
  const [opened, setOpened] = useState(true)
  return (
    <nav aria-label="Main menu">
      <NavLink component="button" label="Operations" leftSection={<IconArrowsExchange size={18} />} opened={opened} onChange={setOpened} aria-expanded={opened} fw={600}>
        <Entry to="/operations/webhook" icon={<IconWebhook size={18} />} label="Webhook" />
        <Entry to="/operations/deliveries" icon={<IconSend size={18} />} label="Deliveries" />
        <Entry to="/operations/releases" icon={<IconRefreshDot size={18} />} label="Releases" />
      </NavLink>
      <Entry to="/events" icon={<IconListCheck size={18} />} label="Events" />
      {may.publish && <Entry to="/events/publish" icon={<IconBolt size={18} />} label="Publish a test" />}
      <Entry to="/event-types" icon={<IconTags size={18} />} label="Event types" />
    </nav>
  )
}

function Entry({ to, icon, label }: { to: Place; icon: ReactNode; label: string }) {
  const { pathname } = useLocation()
  const isExact = pathname === to
  const active = isExact || (pathname.startsWith(`${to}/`) && pathname !== '/events/publish')
  return (
    <NavLink
      label={label}
      leftSection={icon}
      active={active}
      color="harbour"
      styles={{ root: { borderRadius: 'var(--mantine-radius-md)' } }}
      renderRoot={(props) => <Link to={to} aria-current={active ? 'page' : undefined} {...props} />}
    />
  )
}
