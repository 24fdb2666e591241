import { Anchor, Button, Group, List } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { DeliveryFilter } from '../api/queries'
import { eventsQuery, webhooksQuery } from '../api/queries'
import { PortalLink } from '../parts/PageHead'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useMay } from '../session/session'
import type { DeliverySearch } from '../router'

interface WhyNothingProps {
  search: DeliverySearch
  filter: DeliveryFilter
  showAll: () => void
}

/** The filter finds nothing. For an entity, whether anything was published about it at all. */
export function WhyNothing({ search, filter, showAll }: WhyNothingProps) {
  const { entityId, eventId } = search
  const action = (
    <Button variant="default" onClick={showAll}>
      Show all deliveries
    </Button>
  )
  if (entityId !== undefined) return <AboutEntity entityId={entityId} narrowed={Object.keys(filter).length > 1} action={action} />
  if (eventId !== undefined) {
    return (
      <Empty title="No delivery of this event" action={<Group>{action}</Group>}>
        No webhook asked for its type when it was published, or there is none that fits the other filters.{' '}
        <PortalLink to="/events/$id" params={{ id: eventId }}>
          Look at the event
        </PortalLink>
      </Empty>
    )
  }
  return (
    <Empty title="No delivery fits" action={action}>
      There is none with all that the filters ask for.
    </Empty>
  )
}

function AboutEntity({ entityId, narrowed, action }: { entityId: string; narrowed: boolean; action: React.ReactNode }) {
  const { data } = useInfiniteQuery(eventsQuery({ entityId }))
  const webhooks = useQuery(webhooksQuery).data?.data
  const may = useMay()
  const events = data?.pages[0]?.data ?? []
  if (!data) return null
  if (events.length === 0) {
    return (
      <Empty title={`Nothing was published about ${entityId}`} action={action}>
        So nothing could be delivered. Ask the service that should have published it; an entity&apos;s ID is the <code>data.id</code> of its events, exactly as it was written.
      </Empty>
    )
  }
  return (
    <Empty title={narrowed ? 'No delivery fits' : 'Published, but to no webhook'} action={action}>
      {narrowed ? 'There are events about this entity; the other filters hide their deliveries, or no webhook asked for them:' : 'These events were published, but no webhook asked for their types at the time:'}
      <List ta="left" mt="sm" size="sm">
        {events.slice(0, 5).map(({ id, type, createdAt }) => (
          <List.Item key={id}>
            <PortalLink to="/events/$id" params={{ id }}>
              <Outside text={type} />
            </PortalLink>
            , <When at={createdAt} />
            {webhooks && `; asked for now by ${webhooks.filter(({ eventTypes }) => eventTypes.includes(type)).length} webhooks`}
          </List.Item>
        ))}
      </List>
      {may.manage && webhooks?.length === 0 && <Anchor href="/portal/operations/webhook/new">Add a webhook</Anchor>}
    </Empty>
  )
}
