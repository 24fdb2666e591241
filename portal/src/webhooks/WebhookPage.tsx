import { Alert, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconEdit, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Webhook } from '../api/client'
import { webhookQuery } from '../api/queries'
import { RecentDeliveries } from '../deliveries/RecentDeliveries'
import { CopyIcon } from '../parts/Code'
import { PageHead } from '../parts/PageHead'
import { StatusBadge } from '../parts/StatusBadge'
import { Card, LoadingPage, Problem } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useMay } from '../session/session'
import { nameOf } from './names'
import { PolicyLine } from './PolicyLine'
import { Snippets } from './Snippets'
import { DeleteModal, PauseModal, ResumeModal } from './steering-modals'
import { TestEvent } from './TestEvent'
import { TypeBadges } from './TypeBadges'

const route = getRouteApi('/operations/webhook/$id')

export function WebhookPage() {
  const { id } = route.useParams()
  const { data: webhook, error, refetch } = useQuery({ ...webhookQuery(id), refetchInterval: 5_000 })
  const may = useMay()
  if (error && !webhook) return <Problem error={error} retry={() => void refetch()} />
  if (!webhook) return <LoadingPage />
  return (
    <Stack>
      <PageHead title={nameOf(webhook)} crumbs={[{ text: 'Operations' }, { text: 'Webhook', to: '/operations/webhook' }]} aside={may.manage && <Actions webhook={webhook} />}>
        <Group gap="xs" mt={4}>
          <StatusBadge status={webhook.status} />
        </Group>
      </PageHead>
      <StatusNote webhook={webhook} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card title="Endpoint">
          <Facts webhook={webhook} />
        </Card>
        <Card title="When it fails">
          <PolicyLine policy={webhook.retry} />
          <Text size="sm" mt="sm">
            {webhook.autoSuspend ? 'Suspended when it fails for long.' : 'Never suspended by itself.'}
          </Text>
        </Card>
      </SimpleGrid>
      <RecentDeliveries webhookId={id} />
      {may.manage && (
        <Card title="Send a test event">
          <TestEvent webhook={webhook} />
        </Card>
      )}
      <Card title="Verify the signature">
        <Snippets />
      </Card>
    </Stack>
  )
}

function Facts({ webhook }: { webhook: Webhook }) {
  const { url, id, auth, headers = [], eventTypes, filter, timeout, createdAt } = webhook
  return (
    <dl className="facts">
      <dt>URL</dt>
      <dd>
        <Outside text={url} />
      </dd>
      <dt>Event types</dt>
      <dd>
        <TypeBadges types={eventTypes} all />
      </dd>
      {filter && (
        <>
          <dt>Filter</dt>
          <dd>
            <code>
              <Outside text={JSON.stringify(filter)} />
            </code>
          </dd>
        </>
      )}
      <dt>Credentials</dt>
      <dd>{auth ? 'Basic' : 'none'}</dd>
      <dt>Headers</dt>
      <dd>{headers.length === 0 ? 'none' : <Outside text={headers.join(', ')} />}</dd>
      <dt>Time for an answer</dt>
      <dd>{timeout}</dd>
      <dt>Added</dt>
      <dd>
        <When at={createdAt} />
      </dd>
      <dt>Webhook ID</dt>
      <dd>
        <Group gap={4}>
          <code>{id}</code> <CopyIcon text={id} what="webhook ID" />
        </Group>
      </dd>
    </dl>
  )
}

function StatusNote({ webhook }: { webhook: Webhook }) {
  const { status, failing, secretsLost } = webhook
  if (secretsLost) {
    return (
      <Alert color="red" variant="light" title="Its secrets cannot be opened">
        Edit it and give the credentials and headers again: that makes a new signing secret. Then resume it.
      </Alert>
    )
  }
  if (status === 'suspended') {
    return (
      <Alert color="red" variant="light" title="Suspended: it has failed for long">
        What it would get is held, and nothing is lost. {failing && <Since failing={failing} />} {failing?.nextProbeAt !== undefined && <>It is tried again <When at={failing.nextProbeAt} />.</>} The first
        success lets it go on, and so does Resume.
      </Alert>
    )
  }
  if (status === 'paused') {
    return (
      <Alert color="violet" variant="light" title="Paused">
        What it would get is held until you resume it.
      </Alert>
    )
  }
  if (status === 'disabled') {
    return (
      <Alert color="gray" variant="light" title="Disabled: it answered 410 Gone">
        It gets nothing new. Resume it when the endpoint wants events again.
      </Alert>
    )
  }
  if (!failing) return null
  return (
    <Alert color="orange" variant="light" title="It is failing">
      <Since failing={failing} />
    </Alert>
  )
}

const Since = ({ failing }: { failing: NonNullable<Webhook['failing']> }) => (
  <>
    {failing.failures} {failing.failures === 1 ? 'failure' : 'failures'} since its last delivery, the first one <When at={failing.since} />.
  </>
)

function Actions({ webhook }: { webhook: Webhook }) {
  const [pauses, pause] = useDisclosure()
  const [resumes, resume] = useDisclosure()
  const [deletes, remove] = useDisclosure()
  return (
    <>
      {webhook.status === 'active' ? (
        <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={pause.open}>
          Pause
        </Button>
      ) : (
        <Button leftSection={<IconPlayerPlay size={16} />} onClick={resume.open}>
          Resume
        </Button>
      )}
      <Button variant="default" leftSection={<IconEdit size={16} />} renderRoot={(props) => <Link to="/operations/webhook/$id/edit" params={{ id: webhook.id }} {...props} />}>
        Edit
      </Button>
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={remove.open}>
        Delete
      </Button>
      <PauseModal webhook={webhook} opened={pauses} close={pause.close} />
      <ResumeModal webhook={webhook} opened={resumes} close={resume.close} />
      <DeleteModal webhook={webhook} opened={deletes} close={remove.close} />
    </>
  )
}
