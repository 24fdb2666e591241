import { Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DeliveryStatus } from '../api/client'
import { eventTypesQuery, webhooksQuery } from '../api/queries'
import { ChoiceFilter } from '../parts/ChoiceFilter'
import { TextFilter } from '../parts/TextFilter'
import { WindowFields } from '../parts/WindowFields'
import type { DeliverySearch } from '../router'
import { nameOf } from '../webhooks/names'
import { FAILURES } from './failures'

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
    // In one line where there is room for a table.
    <Group p="md" gap="sm" role="group" aria-label="Filters">
      <ChoiceFilter label="Status" choices={STATUSES} value={search.status} onChange={(status) => change({ status })} width={122} />
      <ChoiceFilter label="Webhook" choices={choices} searchable value={webhookId} onChange={(chosen) => change({ webhookId: chosen })} width={130} grow />
      <ChoiceFilter label="Event type" choices={types.map(({ name }) => name)} searchable value={search.type} onChange={(type) => change({ type })} width={226} />
      <ChoiceFilter label="Error" choices={FAILURES} value={search.failureReason} onChange={(failureReason) => change({ failureReason })} width={166} />
      <TextFilter label="Entity ID" value={search.entityId} onChange={(entityId) => change({ entityId })} width={156} />
      <TextFilter label="Event ID" value={search.eventId} onChange={(eventId) => change({ eventId })} width={100} />
      <WindowFields search={search} change={change} width={132} />
    </Group>
  )
}
