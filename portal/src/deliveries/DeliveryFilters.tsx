import { Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DeliveryStatus, FailureReason } from '../api/client'
import { eventTypesQuery, webhooksQuery } from '../api/queries'
import { ChoiceFilter } from '../parts/ChoiceFilter'
import { TextFilter } from '../parts/TextFilter'
import { WindowFields } from '../parts/WindowFields'
import type { DeliverySearch } from '../router'
import { nameOf } from '../webhooks/names'

/** Why the newest attempt failed. */
const ERRORS: { value: FailureReason; label: string }[] = [
  { value: 'status', label: 'answered with an error' },
  { value: 'timeout', label: 'no answer in time' },
  { value: 'refused', label: 'connection refused' },
  { value: 'reset', label: 'connection broken off' },
  { value: 'dns', label: 'name not found' },
  { value: 'tls', label: 'TLS failed' },
  { value: 'protocol', label: 'no proper HTTP' },
  { value: 'blocked', label: 'address not allowed' },
  { value: 'network', label: 'network failed' },
  { value: 'unknown', label: 'answer unknown' },
]
const STATUSES: DeliveryStatus[] = ['pending', 'retrying', 'delivered', 'parked', 'held', 'cancelled', 'expired']

interface DeliveryFiltersProps {
  search: DeliverySearch
  change: (part: DeliverySearch) => void
}

export function DeliveryFilters({ search, change }: DeliveryFiltersProps) {
  const webhooks = useQuery(webhooksQuery).data?.data ?? []
  const types = useQuery(eventTypesQuery).data?.data ?? []
  const choices = webhooks.map((webhook) => ({ value: webhook.id, label: nameOf(webhook) }))
  const { webhookId } = search
  // A deleted webhook has no name any more.
  if (webhookId !== undefined && !choices.some(({ value }) => value === webhookId)) choices.push({ value: webhookId, label: webhookId })
  return (
    <Group p="md" gap="sm" role="group" aria-label="Filters">
      <ChoiceFilter label="Status" choices={STATUSES} value={search.status} onChange={(status) => change({ status })} width={140} />
      <ChoiceFilter label="Webhook" choices={choices} searchable value={webhookId} onChange={(chosen) => change({ webhookId: chosen })} width={200} />
      <ChoiceFilter label="Event type" choices={types.map(({ name }) => name)} searchable value={search.type} onChange={(type) => change({ type })} width={200} />
      <ChoiceFilter label="Error" choices={ERRORS} value={search.failureReason} onChange={(failureReason) => change({ failureReason })} width={190} />
      <TextFilter label="Entity ID" value={search.entityId} onChange={(entityId) => change({ entityId })} />
      <TextFilter label="Event ID" value={search.eventId} onChange={(eventId) => change({ eventId })} />
      <WindowFields search={search} change={change} />
    </Group>
  )
}
