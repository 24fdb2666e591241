import { Alert, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconRefresh, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { answer, api, type Schemas } from '../api/client'
import { deliveryQuery, eventQuery } from '../api/queries'
import { Ask } from '../parts/Ask'
import { EventData } from '../events/EventData'
import { CopyTextButton } from '../parts/Code'
import { EntityFact, Fact, Facts, IdFact, WorkflowFact } from '../parts/Facts'
import { Loaded } from '../parts/Loaded'
import { PageHead, PortalLink } from '../parts/PageHead'
import { StatusBadge } from '../parts/StatusBadge'
import { Card } from '../parts/states'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useRefusal } from '../session/Allowed'
import { useMay } from '../session/session'
import { useWebhookNames } from '../webhooks/names'
import { toCurl } from './curl'
import { envelopeOf } from './envelope'
import { Story } from './Story'
import { summaryOf } from './summary'

const route = getRouteApi('/operations/deliveries/$id')
type Full = Schemas['DeliveryWithAttempts']

const isUnderWay = (status: Full['status'] | undefined): boolean => status === 'pending' || status === 'retrying'

export function DeliveryPage() {
  const { id } = route.useParams()
  const query = useQuery({ ...deliveryQuery(id), refetchInterval: ({ state }) => (isUnderWay(state.data?.status) ? 1_000 : 5_000) })
  return <Loaded query={query}>{(delivery) => <Found delivery={delivery} />}</Loaded>
}

function Found({ delivery }: { delivery: Full }) {
  const { data: event } = useQuery({ ...eventQuery(delivery.eventId), staleTime: Infinity })
  // What was masked, or erased, is no body that could be sent.
  const body = event && !event.masked && event.erasedAt === undefined ? envelopeOf(event) : undefined
  return (
    <Stack>
      <PageHead title={`${delivery.type} ${delivery.entityId}`} crumbs={[{ text: 'Operations' }, { text: 'Deliveries', to: '/operations/deliveries' }]} aside={<Actions delivery={delivery} body={body} />}>
        <Group gap="xs" mt={4}>
          <StatusBadge status={delivery.status} size="lg" />
          <Text size="sm" role="status">
            <Outside text={summaryOf(delivery)} />
          </Text>
        </Group>
      </PageHead>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Card title="What happened">
          <Story delivery={delivery} published={event?.createdAt ?? delivery.createdAt} body={body} />
        </Card>
        <Stack>
          <Card title="Details">
            <Details delivery={delivery} />
          </Card>
          <Card title="Data">{event ? <EventData event={event} /> : <Text size="sm">…</Text>}</Card>
        </Stack>
      </SimpleGrid>
    </Stack>
  )
}

function Details({ delivery }: { delivery: Full }) {
  const webhookName = useWebhookNames()
  const { id, webhookId, eventId, entityId, workflowId, workflowUrl, round, expireAt } = delivery
  return (
    <Facts>
      <Fact name="Webhook">
        <PortalLink size="sm" to="/operations/webhook/$id" params={{ id: webhookId }}>
          <Outside text={webhookName(webhookId)} />
        </PortalLink>
      </Fact>
      <EntityFact id={entityId} />
      <Fact name="Event">
        <PortalLink size="sm" to="/events/$id" params={{ id: eventId }}>
          <Outside text={eventId} />
        </PortalLink>
      </Fact>
      <Fact name="Retried by hand">{round === 0 ? 'not yet' : `${round} ${round === 1 ? 'time' : 'times'}`}</Fact>
      {expireAt !== undefined && (
        <Fact name="Not attempted after">
          <When at={expireAt} as="day" />
        </Fact>
      )}
      <IdFact of="Delivery" id={id} />
      <WorkflowFact id={workflowId} url={workflowUrl} />
    </Facts>
  )
}

function Actions({ delivery, body }: { delivery: Full; body: string | undefined }) {
  const may = useMay()
  const refusal = useRefusal('retry')
  const [asks, ask] = useDisclosure()
  const params = { params: { path: { id: delivery.id } } }
  const retry = useAction(
    () => answer(api.POST('/v1/deliveries/{id}/retry', params)),
    () => 'Another round of attempts begins.',
  )
  const cancel = useAction(
    async () => {
      await answer(api.POST('/v1/deliveries/{id}/cancel', params))
      ask.close()
    },
    () => 'Cancelled. It will not be attempted again.',
  )
  const newest = delivery.attempts.findLast(({ request }) => request !== undefined)?.request
  const canCancel = delivery.status === 'parked' || delivery.status === 'held'
  return (
    <>
      {may.retry && delivery.status === 'parked' && (
        <Button leftSection={<IconRefresh size={16} />} loading={retry.isPending} onClick={() => retry.mutate()}>
          Retry now
        </Button>
      )}
      {refusal !== undefined && delivery.status === 'parked' && (
        <Text size="sm" c="var(--muted)">
          A retry? {refusal}
        </Text>
      )}
      {may.retry && canCancel && (
        <Button variant="default" leftSection={<IconX size={16} />} onClick={ask.open}>
          Cancel
        </Button>
      )}
      {newest && <CopyTextButton text={toCurl(newest, body)}>Copy as curl</CopyTextButton>}
      {retry.error && (
        <Alert color="red" variant="light" p="xs" role="alert">
          {retry.error.message}
        </Alert>
      )}
      <Ask
        title="Give this delivery up?"
        opened={asks}
        close={ask.close}
        error={cancel.error}
        act={
          <Button color="red.9" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            Give it up
          </Button>
        }
      >
        <Text size="sm">It will never be attempted again. Its record stays.</Text>
      </Ask>
    </>
  )
}
