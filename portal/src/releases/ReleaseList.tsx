import { Stack, Text } from '@mantine/core'
import { IconRefreshDot } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Release } from '../api/client'
import { releasesQuery } from '../api/queries'
import { ListPage } from '../parts/ListPage'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { StatusBadge } from '../parts/StatusBadge'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useWebhookNames } from '../webhooks/names'
import { ReleaseBar } from './ReleaseBar'
import { filterText, titleOf } from './words'

export function ReleaseList() {
  const list = useInfiniteQuery({ ...releasesQuery, refetchInterval: 3_000 })
  const webhookName = useWebhookNames()
  const columns: Column<Release>[] = [
    {
      header: 'Release',
      cell: (release) => (
        <div>
          <PortalLink className="lead" fw={600} size="sm" to="/operations/releases/$id" params={{ id: release.id }}>
            {titleOf(release)}
          </PortalLink>
          <Text size="sm" c="var(--muted)">
            <Outside text={filterText(release.filter, webhookName)} lines="clamped" />
          </Text>
        </div>
      ),
    },
    { header: 'Status', width: '8rem', cell: ({ status }) => <StatusBadge status={status} /> },
    {
      header: 'Progress',
      width: '30%',
      cell: ({ progress, total }) => (
        <Stack gap={4}>
          <ReleaseBar release={{ progress, total }} size={8} />
          <Text size="xs" c="var(--muted)">
            {progress.released.toLocaleString()} of {total.toLocaleString()}, {progress.delivered.toLocaleString()} delivered
            {progress.parked > 0 && `, ${progress.parked.toLocaleString()} parked again`}
          </Text>
        </Stack>
      ),
    },
    {
      header: 'Begun',
      width: '9rem',
      cell: ({ createdAt }) => (
        <Text size="sm">
          <When at={createdAt} />
        </Text>
      ),
    },
  ]
  return (
    <ListPage
      title="Releases"
      crumbs={[{ text: 'Operations' }]}
      about="Many deliveries retried, resumed or cancelled, oldest first and at a pace."
      list={list}
      empty={
        <Empty
          title="No releases yet"
          icon={<IconRefreshDot size={40} stroke={1.3} />}
          action={
            <PortalLink to="/operations/deliveries" search={{ status: 'parked' }}>
              See what is parked
            </PortalLink>
          }
        >
          When an endpoint was down and many deliveries are parked, retry them all at once from the list of deliveries. Resuming a webhook makes a release too.
        </Empty>
      }
    >
      {(releases) => <Rows label="Releases" rows={releases} columns={columns} />}
    </ListPage>
  )
}
