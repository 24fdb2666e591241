import { Button, Group, List, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { answer, api, fieldsOf, type FieldError, type Schemas } from '../api/client'
import { PortalLink } from '../parts/PageHead'
import { Problem } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { faultOf, readFilter, type Draft } from './draft'

interface FilterEditorProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

const EXAMPLE = JSON.stringify({ and: [{ path: 'currency', in: ['EUR', 'KES'] }, { path: 'amount', gte: '100.00' }, { not: { path: 'accountId', prefix: 'test-' } }] }, null, 2)

/** A filter as the API takes it, tried on what was published before it counts for what comes. */
export function FilterEditor({ draft, fields, change }: FilterEditorProps) {
  const attempt = useMutation({
    mutationFn: async () => answer(api.POST('/v1/webhooks/filter-test', { body: { eventTypes: draft.eventTypes, filter: readFilter(draft.filter), limit: 1_000 } })),
  })
  return (
    <Stack gap="sm">
      <Textarea
        label="Filter"
        description="Narrows the types by the content of data, as JSON. Tests: eq, ne, in, notIn, lt, lte, gt, gte, prefix, exists; and, or, not combine them. Empty: everything of the types."
        autosize
        minRows={3}
        maxRows={18}
        spellCheck={false}
        value={draft.filter}
        error={faultOf(fields, 'filter') ?? faultOf(fieldsOf(attempt.error), 'filter')}
        onChange={({ currentTarget }) => change({ filter: currentTarget.value })}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <Group gap="sm">
        {draft.filter.trim() === '' ? (
          <Button size="xs" variant="default" onClick={() => change({ filter: EXAMPLE })}>
            Begin with an example
          </Button>
        ) : (
          <Button size="xs" variant="default" loading={attempt.isPending} onClick={() => attempt.mutate()}>
            Try it on past events
          </Button>
        )}
      </Group>
      {attempt.error && <Problem error={attempt.error} />}
      {attempt.data && <Result result={attempt.data} />}
    </Stack>
  )
}

function Result({ result: { lookedAt, matched, complete, matching, notMatching } }: { result: Schemas['FilterTestResult'] }) {
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
