import { List, Stack, Text } from '@mantine/core'
import type { Schemas } from '../../api/client'
import { PortalLink } from '../../parts/PageHead'
import { Outside } from '../../parts/visible'
import { When } from '../../parts/When'

/** What a filter would have let through, of what was published before. */
export function FilterTestResult({ result: { lookedAt, matched, complete, matching, notMatching } }: { result: Schemas['FilterTestResult'] }) {
  return (
    <Stack gap="xs" role="status">
      <Text size="sm">
        <b>
          {matched.toLocaleString()} of {lookedAt.toLocaleString()}
        </b>{' '}
        {complete ? 'events of its types' : 'events, the newest of its types,'} would have come through.
      </Text>
      <Samples title="Through" events={matching} />
      <Samples title="Not through" events={notMatching} />
    </Stack>
  )
}

const Samples = ({ title, events }: { title: string; events: Schemas['FilterTestResult']['matching'] }) =>
  events.length === 0 ? null : (
    <div>
      <Text size="sm" c="var(--muted)">
        {title}, the newest:
      </Text>
      <List size="sm">
        {events.slice(0, 5).map(({ id, type, entityId, createdAt }) => (
          <List.Item key={id}>
            <PortalLink to="/events/$id" params={{ id }} target="_blank">
              <Outside text={`${type} ${entityId}`} />
            </PortalLink>
            , <When at={createdAt} />
          </List.Item>
        ))}
      </List>
    </div>
  )
