import { Checkbox, Stack, Text } from '@mantine/core'
import type { Delivery } from '../api/client'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { StatusBadge } from '../parts/StatusBadge'
import { Outside } from '../parts/visible'
import { Countdown, When } from '../parts/When'
import { useWebhookNames } from '../webhooks/names'

interface DeliveryRowsProps {
  deliveries: Delivery[]
  withWebhook?: boolean
  /** Where rows are ticked. */
  ticks?: { chosen: Set<string>; isTickable: (delivery: Delivery) => boolean; toggle: (id: string) => void }
}

/** Deliveries wherever they are listed; the whole row leads to the delivery. */
export function DeliveryRows({ deliveries, withWebhook = true, ticks }: DeliveryRowsProps) {
  const webhookName = useWebhookNames()
  const columns: Column<Delivery>[] = [
    ...(ticks && deliveries.some(ticks.isTickable)
      ? [
          {
            header: 'Select',
            width: '5rem',
            cell: (delivery: Delivery) =>
              ticks.isTickable(delivery) ? (
                <Checkbox className="above" aria-label={`Select ${delivery.type} ${delivery.entityId}`} checked={ticks.chosen.has(delivery.id)} onChange={() => ticks.toggle(delivery.id)} />
              ) : null,
          },
        ]
      : []),
    { header: 'Status', width: '7.5rem', cell: ({ status }) => <StatusBadge status={status} /> },
    {
      header: 'Event',
      // The longest of the six types is in one line.
      width: '16rem',
      cell: ({ id, type, entityId }) => (
        <div>
          <PortalLink className="lead" fw={600} size="sm" to="/operations/deliveries/$id" params={{ id }}>
            <Outside text={type} />
          </PortalLink>
          <Text size="sm" c="var(--muted)">
            <Outside text={entityId} lines="clamped" />
          </Text>
        </div>
      ),
    },
    ...(withWebhook ? [{ header: 'Webhook', cell: ({ webhookId }: Delivery) => <Text size="sm"><Outside text={webhookName(webhookId)} lines="clamped" /></Text> }] : []),
    { header: 'Last answer', cell: (delivery) => <LastAnswer delivery={delivery} /> },
    {
      header: 'Published',
      width: '9rem',
      cell: ({ createdAt }) => (
        <Text size="sm">
          <When at={createdAt} />
        </Text>
      ),
    },
  ]
  return <Rows label="Deliveries" rows={deliveries} columns={columns} />
}

function LastAnswer({ delivery }: { delivery: Delivery }) {
  const { lastOutcome, attemptCount, nextAttemptAt, status, queued } = delivery
  const waits = (status === 'retrying' || status === 'pending') && nextAttemptAt !== undefined
  return (
    <Stack gap={0}>
      <Text size="sm">{lastOutcome ? <Outside text={answerText(lastOutcome)} lines="clamped" /> : 'none yet'}</Text>
      <Text size="xs" c="var(--muted)">
        {attemptCount} {attemptCount === 1 ? 'attempt' : 'attempts'}
        {waits && (
          <>
            , next <Countdown to={nextAttemptAt} past="any moment" />
          </>
        )}
        {queued && ', in the queue of its webhook'}
      </Text>
    </Stack>
  )
}

export function answerText({ kind, status, reason, detail }: NonNullable<Delivery['lastOutcome']>): string {
  if (kind === 'unknown') return 'unknown: Herald was stopped before it came'
  if (status !== undefined) return `HTTP ${status}`
  return detail ?? reason ?? kind
}
