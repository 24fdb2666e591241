import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { eventQuery } from '../api/queries'
import { DeliveryRows } from '../deliveries/DeliveryRows'
import { Code, CopyIcon } from '../parts/Code'
import { PageHead, PortalLink } from '../parts/PageHead'
import { prettyJson } from '../parts/pretty-json'
import { Card, Empty, LoadingPage, Problem } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'

const route = getRouteApi('/events/$id')

export function EventPage() {
  const { id } = route.useParams()
  const { data: event, error, refetch } = useQuery({ ...eventQuery(id), refetchInterval: 3_000 })
  if (error && !event) return <Problem error={error} retry={() => void refetch()} />
  if (!event) return <LoadingPage />
  const { type, typeId, entityId, createdAt, deliverAt, expireAt, cancelledAt, sequence, workflowUrl } = event
  const deliveries = event.deliveries.map((delivery) => ({ ...delivery, eventId: id, type, typeId, entityId, workflowId: event.workflowId ?? '' }))
  return (
    <Stack>
      <PageHead title={`${type} ${entityId}`} crumbs={[{ text: 'Events', to: '/events' }]} />
      <Card title="Deliveries" p="lg">
        {deliveries.length === 0 ? (
          <Empty title="To no webhook">
            {cancelledAt === undefined
              ? deliverAt !== undefined && new Date(deliverAt).getTime() > Date.now()
                ? 'It waits for its time.'
                : 'No webhook asked for its type when it was published, or it was published a moment ago.'
              : 'It was cancelled before its time.'}
          </Empty>
        ) : (
          <DeliveryRows deliveries={deliveries} />
        )}
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Card title="Details">
          <dl className="facts">
            <dt>Event type</dt>
            <dd>
              <Outside text={type} /> (Event ID {typeId})
            </dd>
            <dt>Entity</dt>
            <dd>
              <PortalLink size="sm" to="/operations/deliveries" search={{ entityId }}>
                <Outside text={entityId} />
              </PortalLink>
            </dd>
            <dt>Published</dt>
            <dd>
              <When at={createdAt} as="day" />
            </dd>
            {deliverAt !== undefined && (
              <>
                <dt>Not before</dt>
                <dd>
                  <When at={deliverAt} as="day" />
                </dd>
              </>
            )}
            {expireAt !== undefined && (
              <>
                <dt>Not after</dt>
                <dd>
                  <When at={expireAt} as="day" />
                </dd>
              </>
            )}
            {sequence !== undefined && (
              <>
                <dt>Sequence</dt>
                <dd>{String(sequence)}</dd>
              </>
            )}
            <dt>ID</dt>
            <dd>
              <Group gap={4}>
                <code>
                  <Outside text={id} />
                </code>
                <CopyIcon text={id} what="event ID" />
              </Group>
            </dd>
            {workflowUrl !== undefined && (
              <>
                <dt>Workflow</dt>
                <dd>
                  <Anchor size="sm" href={workflowUrl} target="_blank" rel="noreferrer">
                    Open in Temporal&apos;s UI
                  </Anchor>
                </dd>
              </>
            )}
          </dl>
        </Card>
        <Card title="Data">
          <Code label="Data of the event" text={prettyJson(event.data)} />
          <Text size="xs" c="var(--muted)" mt="xs">
            Digits as they were published; the lines are added here.
          </Text>
        </Card>
      </SimpleGrid>
    </Stack>
  )
}
