import { Alert, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBan, IconCertificate, IconEdit, IconEye, IconKey, IconPlayerPause, IconPlayerPlay, IconRepeat, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Webhook } from '../api/client'
import { webhookQuery } from '../api/queries'
import { WaitingChanges } from '../approvals/Waiting'
import { RecentDeliveries } from '../deliveries/RecentDeliveries'
import { Fact, Facts, IdFact } from '../parts/Facts'
import { Loaded } from '../parts/Loaded'
import { PageHead } from '../parts/PageHead'
import { Card } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useMay } from '../session/session'
import { nameOf } from './names'
import { PolicyLine } from './PolicyLine'
import { ReplayModal } from './ReplayModal'
import { RevealModal } from './RevealModal'
import { RotateKeyPair, RotateSecret } from './RotateModal'
import { WebhookStatus } from './WebhookStatus'
import { Snippets } from './Snippets'
import { DeleteModal, DisableModal, PauseModal, ResumeModal } from './steering-modals'
import { TestEvent } from './TestEvent'
import { Unverified } from './Unverified'
import { AuthFact, TrustFacts } from './TrustFacts'
import { TypeBadges } from './TypeBadges'

const route = getRouteApi('/operations/webhook/$id')

export function WebhookPage() {
  const { id } = route.useParams()
  return <Loaded query={useQuery({ ...webhookQuery(id), refetchInterval: 5_000 })}>{(webhook) => <Found webhook={webhook} />}</Loaded>
}

function Found({ webhook }: { webhook: Webhook }) {
  const may = useMay()
  return (
    <Stack>
      <PageHead title={nameOf(webhook)} crumbs={[{ text: 'Operations' }, { text: 'Webhook', to: '/operations/webhook' }]} aside={may.manage && <Actions webhook={webhook} />}>
        <Group gap="xs" mt={4}>
          <WebhookStatus webhook={webhook} />
        </Group>
      </PageHead>
      <StatusNote webhook={webhook} />
      <WaitingChanges target={webhook.id} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card title="Endpoint">
          <Details webhook={webhook} />
        </Card>
        <Card title="When it fails">
          <PolicyLine policy={webhook.retry} />
          <Text size="sm" mt="sm">
            {webhook.autoSuspend ? 'Suspended when it fails for long.' : 'Never suspended by itself.'}
          </Text>
        </Card>
      </SimpleGrid>
      <RecentDeliveries webhookId={webhook.id} />
      {may.manage && (
        <Card title="Send a test event">
          <TestEvent webhook={webhook} />
        </Card>
      )}
      <Card title="Verify the signature">
        <Snippets signatures={webhook.signatures} />
      </Card>
    </Stack>
  )
}

function Details({ webhook }: { webhook: Webhook }) {
  const { url, id, auth, headers = [], eventTypes, filter, timeout, createdAt, rateLimit, maxInFlight, ordering, onExhausted, retryAfterUntil, retiringSecretsUntil = [] } = webhook
  return (
    <Facts>
      <Fact name="URL">
        <Outside text={url} />
      </Fact>
      <Fact name="Event types">
        <TypeBadges types={eventTypes} all />
      </Fact>
      {filter && (
        <Fact name="Filter">
          <code>
            <Outside text={JSON.stringify(filter)} />
          </code>
        </Fact>
      )}
      <AuthFact auth={auth} />
      <Fact name="Headers">{headers.length === 0 ? 'none' : <Outside text={headers.join(', ')} />}</Fact>
      <TrustFacts webhook={webhook} />
      <Fact name="Time for an answer">{timeout}</Fact>
      {(rateLimit ?? maxInFlight) !== undefined && (
        <Fact name="Limits">
          {[rateLimit && `${rateLimit.requests} a ${rateLimit.per}`, maxInFlight !== undefined && `${maxInFlight} at once`].filter(Boolean).join(', ')}
        </Fact>
      )}
      {ordering && <Fact name="Order">by key; when an event is out of attempts, its key {onExhausted === 'skip' ? 'goes on' : 'waits'}</Fact>}
      {retryAfterUntil !== undefined && (
        <Fact name="Asked to be left alone">
          until <When at={retryAfterUntil} as="day" />
        </Fact>
      )}
      {retiringSecretsUntil.map((until) => (
        <Fact key={until} name="Old signing secret">
          signs as well until <When at={until} as="day" />
        </Fact>
      ))}
      <Fact name="Added">
        <When at={createdAt} />
      </Fact>
      <IdFact of="Webhook" id={id} />
    </Facts>
  )
}

function StatusNote({ webhook }: { webhook: Webhook }) {
  const { status, failing, secretsLost, verification } = webhook
  if (secretsLost) {
    return (
      <Alert color="red" variant="light" title="Its secrets cannot be opened">
        Edit it and give the credentials and headers again: that makes a new signing secret. Then resume it.
      </Alert>
    )
  }
  if (verification) return <Unverified id={webhook.id} verification={verification} />
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
      <Alert color="gray" variant="light" title="Disabled">
        By hand, or because it answered 410 Gone. It gets nothing new. Resume it when the endpoint wants events again; Replay gives it what it has missed.
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
  const [disables, disable] = useDisclosure()
  const [deletes, remove] = useDisclosure()
  const [replays, replay] = useDisclosure()
  const [rotates, rotate] = useDisclosure()
  const [rotatesKey, rotateKey] = useDisclosure()
  const [reveals, reveal] = useDisclosure()
  const may = useMay()
  const signs = (kind: Webhook['signatures'][number]): boolean => webhook.signatures.includes(kind)
  return (
    <>
      {webhook.status === 'active' ? (
        <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={pause.open}>
          Pause
        </Button>
      ) : webhook.verification ? null : (
        <Button leftSection={<IconPlayerPlay size={16} />} onClick={resume.open}>
          Resume
        </Button>
      )}
      <Button variant="default" leftSection={<IconEdit size={16} />} renderRoot={(props) => <Link to="/operations/webhook/$id/edit" params={{ id: webhook.id }} {...props} />}>
        Edit
      </Button>
      <Button variant="default" leftSection={<IconRepeat size={16} />} onClick={replay.open}>
        Replay
      </Button>
      {signs('v1') && (
        <Button variant="default" leftSection={<IconKey size={16} />} onClick={rotate.open}>
          New secret
        </Button>
      )}
      {signs('v1a') && (
        <Button variant="default" leftSection={<IconCertificate size={16} />} onClick={rotateKey.open}>
          New key pair
        </Button>
      )}
      {may.reveal && signs('v1') && (
        <Button variant="default" leftSection={<IconEye size={16} />} onClick={reveal.open}>
          Reveal secret
        </Button>
      )}
      {webhook.status !== 'disabled' && (
        <Button variant="default" leftSection={<IconBan size={16} />} onClick={disable.open}>
          Disable
        </Button>
      )}
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={remove.open}>
        Delete
      </Button>
      <ReplayModal webhook={webhook} opened={replays} close={replay.close} />
      <RotateSecret webhook={webhook} opened={rotates} close={rotate.close} />
      <RotateKeyPair webhook={webhook} opened={rotatesKey} close={rotateKey.close} />
      <RevealModal webhook={webhook} opened={reveals} close={reveal.close} />
      <PauseModal webhook={webhook} opened={pauses} close={pause.close} />
      <ResumeModal webhook={webhook} opened={resumes} close={resume.close} />
      <DisableModal webhook={webhook} opened={disables} close={disable.close} />
      <DeleteModal webhook={webhook} opened={deletes} close={remove.close} />
    </>
  )
}
