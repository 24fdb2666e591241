import { Button, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBuildingBank, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Tenant } from '../api/client'
import { tenantsQuery } from '../api/queries'
import { ListPage } from '../parts/ListPage'
import { Rows, type Column } from '../parts/Rows'
import { Empty } from '../parts/states'
import { Tinted } from '../parts/StatusBadge'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Allowed } from '../session/Allowed'
import { TenantDialog } from './TenantDialog'

export const TenantList = () => (
  <Allowed what="admin" title="Tenants">
    <Tenants />
  </Allowed>
)

/** What is switched on of a tenant, the gravest first. */
const SETTINGS: { text: string; color: string; is: (tenant: Tenant) => boolean }[] = [
  { text: 'suspended', color: 'red', is: ({ suspendedAt }) => suspendedAt !== undefined },
  { text: 'legal hold', color: 'violet', is: ({ legalHold }) => legalHold },
  { text: 'four eyes', color: 'blue', is: ({ fourEyes }) => fourEyes },
  { text: 'ownership check', color: 'blue', is: ({ ownershipCheck }) => ownershipCheck },
  { text: 'own mail addresses', color: 'gray', is: ({ notifyEmails }) => notifyEmails !== undefined },
]

const COLUMNS: Column<Tenant>[] = [
  {
    header: 'Tenant',
    cell: ({ id, name }) => (
      <div>
        <Text size="sm" fw={600}>
          <Outside text={name} lines="clamped" />
        </Text>
        <Text size="sm" c="var(--muted)">
          {id}
        </Text>
      </div>
    ),
  },
  {
    header: 'Settings',
    cell: (tenant) => {
      const set = SETTINGS.filter(({ is }) => is(tenant))
      return set.length === 0 ? (
        <Text size="sm" c="var(--muted)">
          none
        </Text>
      ) : (
        <Group gap={4}>
          {set.map(({ text, color }) => (
            <Tinted key={text} text={text} color={color} size="sm" />
          ))}
        </Group>
      )
    },
  },
  { header: 'Parked for', width: '7rem', cell: ({ parkedFor }) => <Text size="sm">{parkedFor}</Text> },
  { header: 'Events kept', width: '7.5rem', cell: ({ retention }) => <Text size="sm">{retention}</Text> },
  { header: 'Made', width: '9rem', cell: ({ createdAt }) => <Text size="sm"><When at={createdAt} /></Text> },
  { header: 'Actions', width: '6rem', cell: (tenant) => <Change tenant={tenant} /> },
]

function Tenants() {
  const list = useInfiniteQuery(tenantsQuery)
  const [makes, make] = useDisclosure()
  return (
    <>
      <ListPage
        title="Tenants"
        crumbs={[{ text: 'Administration' }]}
        about="Institutions whose webhooks and events are kept apart from each other's. The menu at the top chooses the one that you see."
        aside={
          <Button leftSection={<IconPlus size={16} />} onClick={make.open}>
            Make a tenant
          </Button>
        }
        list={list}
        empty={
          <Empty title="No tenants" icon={<IconBuildingBank size={40} stroke={1.3} />}>
            Make the first one.
          </Empty>
        }
      >
        {(tenants) => <Rows label="Tenants" rows={tenants} columns={COLUMNS} />}
      </ListPage>
      {makes && <TenantDialog close={make.close} />}
    </>
  )
}

function Change({ tenant }: { tenant: Tenant }) {
  const [changes, change] = useDisclosure()
  return (
    <>
      <Button className="above" size="xs" variant="default" aria-label={`Change ${tenant.name}`} onClick={change.open}>
        Change
      </Button>
      {changes && <TenantDialog standing={tenant} close={change.close} />}
    </>
  )
}
