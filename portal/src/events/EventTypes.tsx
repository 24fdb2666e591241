import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { EventType } from '../api/client'
import { eventTypesQuery } from '../api/queries'
import { inOnePiece, Listing } from '../parts/Listing'
import { PageHead, PortalLink } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Card } from '../parts/states'
import { Outside } from '../parts/visible'

const COLUMNS: Column<EventType>[] = [
  { header: 'Event type', cell: ({ name }) => <Text size="sm" fw={600}><Outside text={name} /></Text> },
  { header: 'Event ID', width: '6rem', cell: ({ id }) => <Text size="sm">{id}</Text> },
  { header: 'Description', cell: ({ description }) => <Text size="sm"><Outside text={description || '–'} /></Text> },
  {
    header: 'Deliveries',
    width: '8rem',
    cell: ({ name }) => (
      <PortalLink size="sm" to="/operations/deliveries" search={{ type: name }}>
        Show
      </PortalLink>
    ),
  },
]

export function EventTypes() {
  return (
    <Stack>
      <PageHead title="Event types">
        <Text c="var(--muted)" size="sm">
          What webhooks may subscribe to. An administrator registers more by POST /v1/event-types, from Event ID 100 up.
        </Text>
      </PageHead>
      <Listing list={inOnePiece(useQuery(eventTypesQuery))} empty={null}>
        {(types) =>
          groupsOf(types).map((group) => (
            <Card key={group.title} title={group.title}>
              <Rows label={group.title} rows={group.types} columns={COLUMNS} />
            </Card>
          ))
        }
      </Listing>
    </Stack>
  )
}

const groupsOf = (types: EventType[]): { title: string; types: EventType[] }[] =>
  [
    { title: 'What services publish', types: types.filter(({ builtIn }) => builtIn).filter(({ operational }) => !operational) },
    { title: "The bank's own", types: types.filter(({ builtIn }) => !builtIn) },
    { title: 'What Herald itself reports', types: types.filter(({ operational }) => operational) },
  ].filter((group) => group.types.length > 0)
