import { NavLink, VisuallyHidden } from '@mantine/core'
import { IconAdjustments, IconArrowsExchange, IconBolt, IconBuildingBank, IconChartBar, IconEraser, IconKey, IconListCheck, IconListDetails, IconRefreshDot, IconSend, IconSettings, IconTags, IconUserCheck, IconUsers, IconWebhook } from '@tabler/icons-react'
import { Link, useLocation } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useWaitingForMe } from '../approvals/use-waiting'
import { Tinted } from '../parts/StatusBadge'
import { useMay } from '../session/session'

type Place = '/overview' | '/operations/webhook' | '/operations/deliveries' | '/operations/releases' | '/operations/approvals' | '/events' | '/event-types' | '/events/publish' | '/administration/users' | '/administration/api-keys' | '/administration/tenants' | '/administration/erasures' | '/administration/audit' | '/administration/settings'

export function MainMenu() {
  const may = useMay()
  const waiting = useWaitingForMe()
  return (
    <nav aria-label="Main menu">
      <Entry to="/overview" icon={<IconChartBar size={18} />} label="Overview" />
      <Folder label="Operations" icon={<IconArrowsExchange size={18} />}>
        <Entry to="/operations/webhook" icon={<IconWebhook size={18} />} label="Webhook" />
        <Entry to="/operations/deliveries" icon={<IconSend size={18} />} label="Deliveries" />
        <Entry to="/operations/releases" icon={<IconRefreshDot size={18} />} label="Releases" />
        <Entry to="/operations/approvals" icon={<IconUserCheck size={18} />} label="Approvals" count={waiting} />
      </Folder>
      <Entry to="/events" icon={<IconListCheck size={18} />} label="Events" />
      {may.publish && <Entry to="/events/publish" icon={<IconBolt size={18} />} label="Publish a test" />}
      <Entry to="/event-types" icon={<IconTags size={18} />} label="Event types" />
      {may.access && (
        <Folder label="Administration" icon={<IconSettings size={18} />}>
          <Entry to="/administration/users" icon={<IconUsers size={18} />} label="Users" />
          <Entry to="/administration/api-keys" icon={<IconKey size={18} />} label="API keys" />
          {may.erase && <Entry to="/administration/erasures" icon={<IconEraser size={18} />} label="Erasures" />}
          <Entry to="/administration/audit" icon={<IconListDetails size={18} />} label="Audit" />
          {may.admin && <Entry to="/administration/tenants" icon={<IconBuildingBank size={18} />} label="Tenants" />}
          {may.admin && <Entry to="/administration/settings" icon={<IconAdjustments size={18} />} label="Settings" />}
        </Folder>
      )}
    </nav>
  )
}

function Folder({ label, icon, children }: { label: string; icon: ReactNode; children: ReactNode }) {
  const [opened, setOpened] = useState(true)
  return (
    <NavLink component="button" label={label} leftSection={icon} opened={opened} onChange={setOpened} aria-expanded={opened} fw={600}>
      {children}
    </NavLink>
  )
}

const Waiting = ({ count }: { count: number }) => (
  <>
    <Tinted text={count.toLocaleString()} color="orange" size="sm" />
    <VisuallyHidden>{count === 1 ? 'waits' : 'wait'} for you</VisuallyHidden>
  </>
)

function Entry({ to, icon, label, count = 0 }: { to: Place; icon: ReactNode; label: string; count?: number }) {
  const { pathname } = useLocation()
  const isExact = pathname === to
  const active = isExact || (pathname.startsWith(`${to}/`) && pathname !== '/events/publish')
  return (
    <NavLink
      label={label}
      leftSection={icon}
      rightSection={count === 0 ? undefined : <Waiting count={count} />}
      active={active}
      color="harbour"
      styles={{ root: { borderRadius: 'var(--mantine-radius-md)' } }}
      // Exactly: the router would mark Events as well while a test is published.
      renderRoot={(props) => <Link to={to} activeOptions={{ exact: true }} aria-current={active ? 'page' : undefined} {...props} />}
    />
  )
}
