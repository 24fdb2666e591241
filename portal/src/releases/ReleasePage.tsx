import { Button, Group, Stack, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { answer, api, type Release } from '../api/client'
import { releaseQuery } from '../api/queries'
import { Fact, Facts, IdFact, WorkflowFact } from '../parts/Facts'
import { Loaded } from '../parts/Loaded'
import { PageHead, PortalLink } from '../parts/PageHead'
import { StatusBadge } from '../parts/StatusBadge'
import { Card, Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { useNow } from '../parts/use-now'
import { Outside } from '../parts/visible'
import { forSeconds, When } from '../parts/When'
import { useMay } from '../session/session'
import { useWebhookNames } from '../webhooks/names'
import { ReleaseBar, ReleaseLegend } from './ReleaseBar'
import { filterText, titleOf } from './words'

const route = getRouteApi('/operations/releases/$id')

/** Deliveries may still be under way when the release has moved them all. */
const isLive = (release: Release | undefined): boolean => release === undefined || release.status === 'running' || release.progress.underWay > 0

export function ReleasePage() {
  const { id } = route.useParams()
  const query = useQuery({ ...releaseQuery(id), refetchInterval: ({ state }) => (isLive(state.data) ? 1_000 : 5_000) })
  return <Loaded query={query}>{(release) => <Found release={release} />}</Loaded>
}

const Found = ({ release }: { release: Release }) => (
  <Stack>
    <PageHead title={titleOf(release)} crumbs={[{ text: 'Operations' }, { text: 'Releases', to: '/operations/releases' }]} aside={<Actions release={release} />}>
      <Group gap="xs" mt={4}>
        <StatusBadge status={release.status} size="lg" />
        <Estimate release={release} />
      </Group>
    </PageHead>
    <Card title="Progress">
      <Bars release={release} />
    </Card>
    <Card title="Details">
      <Details release={release} />
    </Card>
  </Stack>
)

function Estimate({ release }: { release: Release }) {
  const { status, estimatedEndAt, endedAt } = release
  const now = useNow(1_000)
  if (endedAt !== undefined) return <Text size="sm">ended <When at={endedAt} /></Text>
  if (status === 'paused') return <Text size="sm">paused: what it has not moved stays as it is</Text>
  if (estimatedEndAt === undefined) return null
  const left = Math.max(1, Math.ceil((new Date(estimatedEndAt).getTime() - now) / 1_000))
  return <Text size="sm">about {forSeconds(left)} left</Text>
}

function Bars({ release }: { release: Release }) {
  const { progress, total, createdAt, updatedAt, endedAt } = release
  const seconds = (new Date(endedAt ?? updatedAt).getTime() - new Date(createdAt).getTime()) / 1_000
  return (
    <Stack>
      <ReleaseBar release={release} size={18} />
      <Text role="status">
        <b>{progress.released.toLocaleString()}</b> of {total.toLocaleString()} moved
        {seconds >= 1 && progress.released > 0 && `, ${(Math.round((progress.released / seconds) * 10) / 10).toLocaleString()} a second`}
      </Text>
      <ReleaseLegend release={release} />
    </Stack>
  )
}

function Details({ release }: { release: Release }) {
  const webhookName = useWebhookNames()
  const { filter, ratePerSecond, createdBy, createdAt, workflowUrl, id } = release
  const { webhookId, type, entityId, failureReason, from, to } = filter
  return (
    <Facts>
      <Fact name="Which">
        <Outside text={filterText(filter, webhookName)} />
      </Fact>
      <Fact name="At most">{ratePerSecond} a second</Fact>
      <Fact name="Begun">
        <When at={createdAt} as="day" /> by <Outside text={createdBy === 'admin' ? 'the admin key' : createdBy} />
      </Fact>
      <Fact name="Still parked">
        <PortalLink size="sm" to="/operations/deliveries" search={{ status: 'parked', webhookId, type, entityId, failureReason, from, to }}>
          See what is parked
        </PortalLink>
      </Fact>
      <IdFact of="Release" id={id} />
      <WorkflowFact url={workflowUrl} />
    </Facts>
  )
}

function Actions({ release: { id, status, action } }: { release: Release }) {
  const may = useMay()
  const params = { params: { path: { id } } }
  const pause = useAction(() => answer(api.POST('/v1/releases/{id}/pause', params)), () => 'Paused.')
  const resume = useAction(() => answer(api.POST('/v1/releases/{id}/resume', params)), () => 'It goes on.')
  const cancel = useAction(() => answer(api.POST('/v1/releases/{id}/cancel', params)), () => 'Ended. What it has not moved stays as it is.')
  const problem = pause.error ?? resume.error ?? cancel.error
  const isOpen = status === 'running' || status === 'paused'
  if (!may.retry || (!isOpen && !problem)) return null
  return (
    <>
      {status === 'running' && action !== 'resume' && (
        <Button variant="default" leftSection={<IconPlayerPause size={16} />} loading={pause.isPending} onClick={() => pause.mutate()}>
          Pause
        </Button>
      )}
      {status === 'paused' && (
        <Button leftSection={<IconPlayerPlay size={16} />} loading={resume.isPending} onClick={() => resume.mutate()}>
          Go on
        </Button>
      )}
      {isOpen && action !== 'resume' && (
        <Button variant="default" leftSection={<IconX size={16} />} loading={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      )}
      {problem && <Problem error={problem} />}
    </>
  )
}
