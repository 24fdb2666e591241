import { Button, Group, Text } from '@mantine/core'
import { IconListCheck } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Schemas } from '../api/client'
import { eventsQuery, eventTypesQuery } from '../api/queries'
import { ChoiceFilter } from '../parts/ChoiceFilter'
import { whileShort } from '../parts/Listing'
import { ListPage } from '../parts/ListPage'
import { PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Empty } from '../parts/states'
import { TextFilter } from '../parts/TextFilter'
import { windowOf, type WindowSearch } from '../parts/time-window'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { WindowFields } from '../parts/WindowFields'
import { PublishLink } from '../session/Allowed'
import { ExportEvents } from './ExportEvents'

const route = getRouteApi('/events')
type Summary = Schemas['EventSummary']

const COLUMNS: Column<Summary>[] = [
  {
    header: 'Event',
    cell: ({ id, type }) => (
      <PortalLink className="lead" fw={600} size="sm" to="/events/$id" params={{ id }}>
        <Outside text={type} />
      </PortalLink>
    ),
  },
  { header: 'Event ID', width: '5.5rem', cell: ({ typeId }) => <Text size="sm">{typeId}</Text> },
  { header: 'Entity', cell: ({ entityId }) => <Text size="sm"><Outside text={entityId} lines="clamped" /></Text> },
  {
    header: 'When',
    cell: ({ deliverAt, cancelledAt }) => (
      <Text size="sm" component="div">
        {cancelledAt !== undefined ? 'cancelled before its time' : deliverAt === undefined ? 'at once' : <>not before <When at={deliverAt} as="day" /></>}
      </Text>
    ),
  },
  { header: 'Published', width: '9rem', cell: ({ createdAt }) => <Text size="sm"><When at={createdAt} /></Text> },
]

export function EventList() {
  const { since, from, to, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery({ ...eventsQuery({ ...search, ...windowOf({ since, from, to }) }), refetchInterval: whileShort(4_000) })
  const types = useQuery(eventTypesQuery).data?.data ?? []
  const change = (part: WindowSearch & { type?: string; entityId?: string }): void => void navigate({ search: (now) => ({ ...now, ...part }), replace: true })
  const isFiltered = [since, from, to, search.type, search.entityId].some((value) => value !== undefined)
  return (
    <ListPage
      title="Events"
      about="What services have published, newest first."
      aside={<ExportEvents search={{ since, from, to }} />}
      filters={
        <Group p="md" gap="sm" role="group" aria-label="Filters">
          <ChoiceFilter label="Event type" choices={types.map(({ name }) => name)} searchable value={search.type} onChange={(type) => change({ type })} width={220} />
          <TextFilter label="Entity ID" value={search.entityId} onChange={(entityId) => change({ entityId })} />
          <WindowFields search={{ since, from, to }} change={change} />
        </Group>
      }
      list={list}
      empty={
        <Empty
          title={isFiltered ? 'No event fits' : 'No events yet'}
          icon={<IconListCheck size={40} stroke={1.3} />}
          action={
            isFiltered ? (
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                Show all
              </Button>
            ) : (
              <PublishLink />
            )
          }
        >
          {isFiltered ? 'There is none with all that the filters ask for.' : 'A service publishes with POST /v1/events; a person may publish a test here.'}
        </Empty>
      }
    >
      {(events) => <Rows label="Events" rows={events} columns={COLUMNS} />}
    </ListPage>
  )
}
