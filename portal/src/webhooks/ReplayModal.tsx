import { Checkbox, NumberInput, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, fieldsOf, type Release, type Schemas, type Webhook } from '../api/client'
import { AskForm } from '../parts/Ask'
import { toLocalInput } from '../parts/time-window'
import { useAction } from '../parts/use-action'
import { When } from '../parts/When'
import { faultOf } from './draft'

interface ReplayModalProps {
  webhook: Webhook
  opened: boolean
  close: () => void
}

const DAY_MS = 86_400_000

/** For a receiver that has lost its data: everything since a time once more, counted first. */
export function ReplayModal({ webhook, opened, close }: ReplayModalProps) {
  const navigate = useNavigate()
  const [from, setFrom] = useState(() => toLocalInput(new Date(Date.now() - DAY_MS).toISOString()))
  const [includeEarlier, setIncludeEarlier] = useState(false)
  const [rate, setRate] = useState<number | string>(50)
  const since = from === '' ? undefined : new Date(from).toISOString()
  const input = (dryRun: boolean): Schemas['ReleaseInput'] => ({
    action: 'replay',
    filter: { webhookId: webhook.id, ...(since !== undefined && { from: since }), ...(includeEarlier && { includeEarlier }) },
    ratePerSecond: Number(rate) || 50,
    dryRun,
  })
  const dry = useQuery({
    queryKey: ['dry-run', 'replay', webhook.id, since, includeEarlier],
    queryFn: async () => (await answer(api.POST('/v1/releases', { body: input(true) }))) as { count: number; replayedFrom?: string },
    enabled: opened && since !== undefined,
    gcTime: 0,
  })
  const begin = useAction(async () => {
    const release = (await answer(api.POST('/v1/releases', { body: input(false) }))) as Release
    await navigate({ to: '/operations/releases/$id', params: { id: release.id } })
  })
  const error = begin.error ?? dry.error
  return (
    <AskForm title="Replay since a time?" opened={opened} close={close} error={error} submitText="Replay" busy={begin.isPending} submit={() => begin.mutate()}>
      <Text size="sm">
        The events since then are delivered to this webhook once more, in publish order, with the webhook-id and the bytes of before: a receiver that drops duplicates drops what it has.
      </Text>
      <TextInput type="datetime-local" label="Since" required value={from} error={faultOf(fieldsOf(error), 'filter.from')} onChange={({ currentTarget }) => setFrom(currentTarget.value)} />
      <Checkbox label="Also from before the webhook was made" checked={includeEarlier} onChange={({ currentTarget }) => setIncludeEarlier(currentTarget.checked)} />
      <NumberInput label="POSTs a second, at most" min={1} max={1_000} value={rate} onChange={setRate} />
      <Text size="sm" fw={600} role="status">
        {dry.data ? `${dry.data.count.toLocaleString()} ${dry.data.count === 1 ? 'event' : 'events'}` : dry.isFetching ? 'Counting …' : ''}
        {dry.data?.replayedFrom !== undefined && (
          <Text span size="sm" fw={400}>
            {' '}
            from <When at={dry.data.replayedFrom} as="day" /> on
          </Text>
        )}
      </Text>
    </AskForm>
  )
}
