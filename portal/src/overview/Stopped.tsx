import { Text } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import type { Webhook } from '../api/client'
import { deliveryCountQuery, webhooksQuery } from '../api/queries'
import { inOnePiece, Listing } from '../parts/Listing'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { StatusBadge } from '../parts/StatusBadge'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { nameOf } from '../webhooks/names'

/** Those that get nothing now: suspended by Herald first, then what people have paused. */
export function Stopped() {
  const { data, error, refetch } = useQuery({ ...webhooksQuery, refetchInterval: 15_000 })
  const stopped = data?.data.filter(({ status }) => status !== 'active').toSorted((a, b) => b.status.localeCompare(a.status))
  const list = inOnePiece({ data: stopped && { data: stopped.slice(0, SHOWN) }, error, refetch })
  const none = (
    <Text size="sm" c="var(--muted)">
      Every webhook is active.
    </Text>
  )
  return (
    <Listing list={list} empty={none} loading={3}>
      {(webhooks) => <StoppedRows webhooks={webhooks} />}
    </Listing>
  )
}

const SHOWN = 10

function StoppedRows({ webhooks }: { webhooks: Webhook[] }) {
  const held = useQueries({ queries: webhooks.map(({ id }) => deliveryCountQuery({ webhookId: id, status: 'held' })) })
  const counts = new Map(webhooks.map(({ id }, i) => [id, held[i]?.data]))
  const columns: Column<Webhook>[] = [
    {
      header: 'Webhook',
      cell: (webhook) => (
        <PortalLink className="lead" fw={600} size="sm" to="/operations/webhook/$id" params={{ id: webhook.id }}>
          <Outside text={nameOf(webhook)} lines="clamped" />
        </PortalLink>
      ),
    },
    {
      header: 'Status',
      cell: ({ status, failing }) => (
        <>
          <StatusBadge status={status} />
          {failing?.nextProbeAt !== undefined && (
            <Text size="xs" c="var(--muted)">
              tried again <When at={failing.nextProbeAt} />
            </Text>
          )}
        </>
      ),
    },
    {
      header: 'Held',
      width: '5rem',
      cell: ({ id }) => {
        const count = counts.get(id)
        return <Text size="sm">{count ? `${count.count.toLocaleString()}${count.more ? '+' : ''}` : '…'}</Text>
      },
    },
  ]
  return <Rows label="Webhooks that get nothing now" rows={webhooks} columns={columns} />
}
