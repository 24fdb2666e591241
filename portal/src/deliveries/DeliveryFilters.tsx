import { Group, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DeliveryStatus } from '../api/client'
import { eventTypesQuery, webhooksQuery } from '../api/queries'
import { TextFilter } from '../parts/TextFilter'
import { Outside } from '../parts/visible'
import { WindowFields } from '../parts/WindowFields'
import type { DeliverySearch } from '../router'
import { nameOf } from '../webhooks/names'

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
      <Select
        aria-label="Status"
        placeholder="Any status"
        clearable
        data={STATUSES}
        value={search.status ?? null}
        onChange={(status) => change({ status: status ?? undefined })}
        w={{ base: '100%', xs: 140 }}
      />
      <Select
        aria-label="Webhook"
        placeholder="Any webhook"
        clearable
        searchable
        data={choices}
        renderOption={({ option }) => <Outside text={option.label} lines="clamped" />}
        value={webhookId ?? null}
        onChange={(chosen) => change({ webhookId: chosen ?? undefined })}
        w={{ base: '100%', xs: 200 }}
      />
      <Select
        aria-label="Event type"
        placeholder="Any event type"
        clearable
        searchable
        data={types.map(({ name }) => name)}
        value={search.type ?? null}
        onChange={(type) => change({ type: type ?? undefined })}
        w={{ base: '100%', xs: 200 }}
      />
      <TextFilter label="Entity ID" value={search.entityId} onChange={(entityId) => change({ entityId })} />
      <TextFilter label="Event ID" value={search.eventId} onChange={(eventId) => change({ eventId })} />
      <WindowFields search={search} change={change} />
    </Group>
  )
}
