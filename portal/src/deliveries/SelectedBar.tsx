import { Button, Group, NumberInput, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconRefreshDot } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, type Delivery, type Release } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'

interface SelectedBarProps {
  /** What is listed now. */
  deliveries: Delivery[]
  chosen: Set<string>
  choose: (ids: Set<string>) => void
}

/** As many as a release takes by name. */
const MOST = 200

/** Only what is parked can be retried together, so that only that is ticked. */
export const isTickable = ({ status }: Delivery): boolean => status === 'parked'

/** What is done with the rows that are ticked. One that is not parked any more is left out. */
export function SelectedBar({ deliveries, chosen, choose }: SelectedBarProps) {
  const parked = deliveries.filter(isTickable).slice(0, MOST)
  const ids = parked.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const [retries, retry] = useDisclosure()
  const [cancels, cancel] = useDisclosure()
  if (parked.length === 0) return null
  return (
    <Group px="md" pb="sm" gap="sm" role="group" aria-label="Selection">
      <Text size="sm" role="status">
        {ids.length === 0 ? 'None selected' : `${ids.length} selected`}
      </Text>
      <Button size="xs" variant="default" onClick={() => choose(ids.length === parked.length ? new Set() : new Set(parked.map(({ id }) => id)))}>
        {ids.length === parked.length ? 'Select none' : `Select the ${parked.length} shown`}
      </Button>
      {ids.length > 0 && (
        <>
          <Button size="xs" leftSection={<IconRefreshDot size={14} />} onClick={retry.open}>
            Retry selected
          </Button>
          <Button size="xs" variant="default" onClick={cancel.open}>
            Give up selected
          </Button>
        </>
      )}
      <ReleaseDialog action="retry" ids={ids} opened={retries} close={retry.close} />
      <ReleaseDialog action="cancel" ids={ids} opened={cancels} close={cancel.close} />
    </Group>
  )
}

function ReleaseDialog({ action, ids, opened, close }: { action: 'retry' | 'cancel'; ids: string[]; opened: boolean; close: () => void }) {
  const navigate = useNavigate()
  const [rate, setRate] = useState<number | string>(50)
  const many = `${ids.length} ${ids.length === 1 ? 'delivery' : 'deliveries'}`
  const begin = useAction(async () => {
    const release = (await answer(api.POST('/v1/releases', { body: { action, filter: { deliveryIds: ids }, ratePerSecond: Number(rate) || 50, dryRun: false } }))) as Release
    await navigate({ to: '/operations/releases/$id', params: { id: release.id } })
  })
  return (
    <AskForm
      title={action === 'retry' ? `Retry ${many}?` : `Give ${many} up?`}
      opened={opened}
      close={close}
      error={begin.error}
      submitText={action === 'retry' ? `Retry ${many}` : `Give ${many} up`}
      busy={begin.isPending}
      submit={() => begin.mutate()}
    >
      <Text size="sm">
        {action === 'retry' ? 'Each gets another round of attempts, oldest first.' : 'They will never be attempted again. Their records stay.'}
      </Text>
      {action === 'retry' && <NumberInput label="POSTs a second, at most" min={1} max={1_000} value={rate} onChange={setRate} />}
    </AskForm>
  )
}
