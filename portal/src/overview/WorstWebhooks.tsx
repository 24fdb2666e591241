import { Text } from '@mantine/core'
import type { Schemas } from '../api/client'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Outside } from '../parts/visible'
import { nameOf } from '../webhooks/names'
import { percent, short } from '../parts/numbers'
import { Spark } from '../parts/Spark'

type Row = Schemas['WebhookStatistics'] & { id: string }

const COLUMNS: Column<Row>[] = [
  {
    header: 'Webhook',
    cell: ({ id, url, description }) => (
      <PortalLink className="lead" fw={600} size="sm" to="/operations/webhook/$id" params={{ id }}>
        <Outside text={url === undefined ? id : nameOf({ url, description })} lines="clamped" />
      </PortalLink>
    ),
  },
  { header: 'Attempts', width: '7rem', cell: ({ series, delivered, failed }) => <Spark series={series} label={`${delivered} attempts delivered, ${failed} failed`} /> },
  { header: 'Failed attempts', width: '6rem', cell: ({ failed }) => <Text size="sm">{short(failed)}</Text> },
  { header: 'Delivered', width: '6rem', cell: ({ deliveryRate }) => <Text size="sm">{percent(deliveryRate)}</Text> },
]

export function WorstWebhooks({ worst }: { worst: Schemas['WebhookStatistics'][] }) {
  if (worst.length === 0) {
    return (
      <Text size="sm" c="var(--muted)">
        No attempt failed in this time.
      </Text>
    )
  }
  return <Rows label="Webhooks with the most failures" rows={worst.map((row) => ({ ...row, id: row.webhookId }))} columns={COLUMNS} />
}
