import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Schemas, Webhook } from '../api/client'
import { webhookStatisticsQuery } from '../api/queries'
import { duration, percent } from '../parts/numbers'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Spark } from '../parts/Spark'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { nameOf } from './names'
import { WebhookStatus } from './WebhookStatus'
import { TypeBadges } from './TypeBadges'

type Counted = Schemas['WebhookStatistics']

/** Up to which what is parked is counted. */
const MOST_COUNTED = 1_000

/** What each is, and how it has fared in the last 24 hours. */
export function WebhookRows({ webhooks }: { webhooks: Webhook[] }) {
  const { data } = useQuery({ ...webhookStatisticsQuery(webhooks.map(({ id }) => id)), refetchInterval: 15_000 })
  const counted = new Map(data?.data.map((row) => [row.webhookId, row]))
  const columns: Column<Webhook>[] = [
    { header: 'Webhook', cell: (webhook) => <NameAndUrl webhook={webhook} /> },
    { header: 'Event types', width: '22%', cell: ({ eventTypes }) => <TypeBadges types={eventTypes} /> },
    {
      header: 'Status',
      width: '10rem',
      cell: ({ status, failing, verification }) => (
        <Stack gap={2} align="start">
          <WebhookStatus webhook={{ status, verification }} />
          {failing && (
            <Text size="xs" c="var(--muted)">
              failing since <When at={failing.since} />
            </Text>
          )}
        </Stack>
      ),
    },
    { header: 'Last 24 hours', width: '14rem', cell: ({ id }) => <LastDay counted={counted.get(id)} /> },
    { header: 'Parked', width: '5.5rem', cell: ({ id }) => <Parked id={id} count={counted.get(id)?.parkedNow} /> },
  ]
  return <Rows label="Webhooks" rows={webhooks} columns={columns} />
}

const NameAndUrl = ({ webhook }: { webhook: Webhook }) => (
  <div>
    <PortalLink className="lead" fw={600} to="/operations/webhook/$id" params={{ id: webhook.id }}>
      <Outside text={nameOf(webhook)} lines="clamped" />
    </PortalLink>
    <Text size="sm" c="var(--muted)">
      <Outside text={webhook.url} lines="clamped" />
    </Text>
  </div>
)

function LastDay({ counted }: { counted: Counted | undefined }) {
  if (!counted) return '…'
  const { series, delivered, failed, parked, deliveryRate, successRate, answer } = counted
  if (delivered + failed === 0) return <Text size="sm">no attempts</Text>
  return (
    <Stack gap={2}>
      <Spark series={series} label={`${delivered.toLocaleString()} attempts delivered, ${failed.toLocaleString()} failed`} />
      <Text size="xs">
        {deliveryRate === undefined ? 'none delivered yet' : `${percent(deliveryRate)} delivered`}
        {parked > 0 && `, ${parked.toLocaleString()} parked`}
      </Text>
      <Text size="xs" c="var(--muted)">
        {percent(successRate)} of attempts{answer && `, ${duration(answer.p50)}`}
      </Text>
    </Stack>
  )
}

function Parked({ id, count }: { id: string; count: number | undefined }) {
  if (count === undefined) return '–'
  if (count === 0) return <Text size="sm">0</Text>
  return (
    <PortalLink className="above" fw={600} size="sm" to="/operations/deliveries" search={{ webhookId: id, status: 'parked' }}>
      {count.toLocaleString()}
      {count >= MOST_COUNTED && '+'}
    </PortalLink>
  )
}
