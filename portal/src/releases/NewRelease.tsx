import { Button, Group, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, type Release, type Schemas } from '../api/client'
import { PageHead } from '../parts/PageHead'
import { Card, Problem } from '../parts/states'
import { windowOf } from '../parts/time-window'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { forSeconds } from '../parts/When'
import { useWebhookNames } from '../webhooks/names'
import { filterText } from './words'
import { Allowed } from '../session/Allowed'

const route = getRouteApi('/operations/releases/new')
type Action = 'retry' | 'cancel'
const RATE = { min: 1, max: 1_000, first: 50 }

export const NewRelease = () => (
  <Allowed what="retry" title="Retry many">
    <Form />
  </Allowed>
)

function Form() {
  const { since, from, to, ...search } = route.useSearch()
  // Once: what is counted must be what is then released.
  const [filter] = useState(() => ({ ...search, ...windowOf({ since, from, to }) }))
  const [action, setAction] = useState<Action>('retry')
  const [rate, setRate] = useState<number | string>(RATE.first)
  const webhookName = useWebhookNames()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const perSecond = Math.min(RATE.max, Math.max(RATE.min, Math.floor(Number(rate)) || RATE.first))

  const input = (dryRun: boolean): Schemas['ReleaseInput'] => ({ action, filter: { ...filter, ...(action === 'cancel' && { status: 'parked' }) }, ratePerSecond: perSecond, dryRun })
  const dry = useQuery({
    queryKey: ['dry-run', action, filter],
    queryFn: async () => (await answer(api.POST('/v1/releases', { body: input(true) }))) as { count: number },
    gcTime: 0,
  })
  const begin = useAction(async () => {
    const release = (await answer(api.POST('/v1/releases', { body: input(false) }))) as Release
    await queries.invalidateQueries({ queryKey: ['deliveries'] })
    await navigate({ to: '/operations/releases/$id', params: { id: release.id } })
  })
  const count = dry.data?.count

  return (
    <Stack>
      <PageHead title="Retry many" crumbs={[{ text: 'Operations' }, { text: 'Releases', to: '/operations/releases' }]} />
      <Card title="Which deliveries">
        <Stack>
          <Text>
            What is parked: <b><Outside text={filterText(filter, webhookName)} /></b>.
          </Text>
          <SegmentedControl
            aria-label="Action"
            style={{ alignSelf: 'start' }}
            data={[
              { value: 'retry', label: 'Retry them' },
              { value: 'cancel', label: 'Give them up' },
            ]}
            value={action}
            onChange={(chosen) => setAction(chosen)}
          />
          {dry.error && <Problem error={dry.error} retry={() => void dry.refetch()} />}
          <Text role="status" fz="xl" fw={700}>
            {count === undefined ? (dry.error ? '' : 'Counting …') : `${count.toLocaleString()} ${count === 1 ? 'delivery' : 'deliveries'}`}
          </Text>
        </Stack>
      </Card>
      <Card title="At what pace">
        <Stack>
          <NumberInput label="POSTs a second, at most" description={`${RATE.min} to ${RATE.max}. An endpoint that is slow, or fails again, is waited for.`} min={RATE.min} max={RATE.max} value={rate} onChange={setRate} maw={280} />
          {count !== undefined && count > 0 && (
            <Text size="sm" c="var(--muted)">
              That takes about {forSeconds(Math.max(1, Math.ceil(count / perSecond)))}. It can be paused and cancelled at any time; what it has not moved stays parked.
            </Text>
          )}
        </Stack>
      </Card>
      {begin.error && <Problem error={begin.error} />}
      <Group justify="flex-end">
        <Button variant="default" renderRoot={(props) => <Link to="/operations/deliveries" search={{ ...search, since, from, to, status: 'parked' }} {...props} />}>
          Back
        </Button>
        <Button color={action === 'cancel' ? 'red.9' : undefined} disabled={!count} loading={begin.isPending} onClick={() => begin.mutate()}>
          {action === 'retry' ? 'Retry' : 'Give up'} {count === undefined ? '' : count.toLocaleString()} {count === 1 ? 'delivery' : 'deliveries'}
        </Button>
      </Group>
    </Stack>
  )
}
