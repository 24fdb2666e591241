import { SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Schemas } from '../api/client'
import { eventQuery } from '../api/queries'
import { DeliveryRows } from '../deliveries/DeliveryRows'
import { EntityFact, Fact, Facts, IdFact, WorkflowFact } from '../parts/Facts'
import { Loaded } from '../parts/Loaded'
import { PageHead } from '../parts/PageHead'
import { Card, Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { EventData } from './EventData'

const route = getRouteApi('/events/$id')
type Full = Omit<Schemas['Event'], 'data'> & { data: string }

export function EventPage() {
  const { id } = route.useParams()
  return <Loaded query={useQuery({ ...eventQuery(id), refetchInterval: 3_000 })}>{(event) => <Found event={event} />}</Loaded>
}

function Found({ event }: { event: Full }) {
  const { id, type, typeId, entityId } = event
  const deliveries = event.deliveries.map((delivery) => ({ ...delivery, eventId: id, type, typeId, entityId, workflowId: event.workflowId ?? '' }))
  return (
    <Stack>
      <PageHead title={`${type} ${entityId}`} crumbs={[{ text: 'Events', to: '/events' }]} />
      <Card title="Deliveries">{deliveries.length === 0 ? <Empty title="To no webhook">{whyNone(event)}</Empty> : <DeliveryRows deliveries={deliveries} />}</Card>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Card title="Details">
          <Details event={event} />
        </Card>
        <Card title="Data">
          <EventData event={event} />
          {!event.masked && event.erasedAt === undefined && (
            <Text size="xs" c="var(--muted)" mt="xs">
              Digits as they were published; the lines are added here.
            </Text>
          )}
        </Card>
      </SimpleGrid>
    </Stack>
  )
}

function whyNone({ cancelledAt, deliverAt }: Full): string {
  if (cancelledAt !== undefined) return 'It was cancelled before its time.'
  if (deliverAt !== undefined && new Date(deliverAt).getTime() > Date.now()) return 'It waits for its time.'
  return 'No webhook asked for its type when it was published, or it was published a moment ago.'
}

function Details({ event }: { event: Full }) {
  const { id, type, typeId, entityId, createdAt, deliverAt, expireAt, sequence, workflowUrl } = event
  return (
    <Facts>
      <Fact name="Event type">
        <Outside text={type} /> (Event ID {typeId})
      </Fact>
      <EntityFact id={entityId} />
      <Fact name="Published">
        <When at={createdAt} as="day" />
      </Fact>
      {deliverAt !== undefined && (
        <Fact name="Not before">
          <When at={deliverAt} as="day" />
        </Fact>
      )}
      {expireAt !== undefined && (
        <Fact name="Not after">
          <When at={expireAt} as="day" />
        </Fact>
      )}
      {sequence !== undefined && <Fact name="Sequence">{String(sequence)}</Fact>}
      <IdFact of="Event" id={id} />
      <WorkflowFact url={workflowUrl} />
    </Facts>
  )
}
