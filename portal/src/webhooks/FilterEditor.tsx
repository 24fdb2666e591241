import { Alert, Button, Input, Stack, Tabs, Textarea } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { answer, api, fieldsOf, type FieldError } from '../api/client'
import { eventTypesQuery } from '../api/queries'
import { exampleData } from '../events/examples'
import { Problem } from '../parts/states'
import { faultOf, readFilter, type Draft } from './draft'
import { readConditions, writeConditions } from './filter/conditions'
import { FilterBuilder } from './filter/FilterBuilder'
import { FilterTestResult } from './filter/FilterTestResult'

interface FilterEditorProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

const EXAMPLE = JSON.stringify({ and: [{ path: 'currency', in: ['EUR', 'KES'] }, { path: 'amount', gte: '100.00' }, { not: { path: 'accountId', prefix: 'test-' } }] }, null, 2)

/** A filter, tried on what was published before it counts for what comes. The JSON is what counts; the lines are another view of it. */
export function FilterEditor({ draft, fields, change }: FilterEditorProps) {
  const conditions = readConditions(draft.filter)
  const [tab, setTab] = useState<string | null>(conditions ? 'lines' : 'json')
  const labelId = useId()
  const attempt = useMutation({
    mutationFn: async () => answer(api.POST('/v1/webhooks/filter-test', { body: { eventTypes: draft.eventTypes, filter: readFilter(draft.filter), limit: 1_000 } })),
  })
  const faults = [...fields, ...fieldsOf(attempt.error)]
  const paths = usePaths(draft.eventTypes)
  return (
    <Stack gap="sm" role="group" aria-labelledby={labelId}>
      <div>
        <Input.Label id={labelId} labelElement="div">
          Filter
        </Input.Label>
        <Input.Description>Narrows the types by the content of data. Without one, everything of the types comes through.</Input.Description>
      </div>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="lines">Conditions</Tabs.Tab>
          <Tabs.Tab value="json">JSON</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="lines" pt="sm">
          {conditions ? (
            <FilterBuilder conditions={conditions} paths={paths} fields={faults} change={(next) => change({ filter: writeConditions(next) })} />
          ) : (
            <Alert color="gray" variant="light">
              This filter says more than conditions and groups of them, or is no JSON yet: it is edited as JSON.
            </Alert>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="json" pt="sm">
          <JsonField draft={draft} change={change} fault={faultOf(faults, 'filter')} />
        </Tabs.Panel>
      </Tabs>
      {draft.filter.trim() !== '' && (
        <Button size="xs" variant="default" style={{ alignSelf: 'start' }} loading={attempt.isPending} onClick={() => attempt.mutate()}>
          Try it on past events
        </Button>
      )}
      {attempt.error && <Problem error={attempt.error} />}
      {attempt.data && <FilterTestResult result={attempt.data} />}
    </Stack>
  )
}

const JsonField = ({ draft, fault, change }: { draft: Draft; fault: string | undefined; change: FilterEditorProps['change'] }) => (
  <Stack gap="sm" align="start">
    <Textarea
      label="Filter as JSON"
      description="Tests: eq, ne, in, notIn, lt, lte, gt, gte, prefix, exists; and, or, not combine them."
      autosize
      minRows={3}
      maxRows={18}
      w="100%"
      spellCheck={false}
      value={draft.filter}
      error={fault}
      onChange={({ currentTarget }) => change({ filter: currentTarget.value })}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
    />
    {draft.filter.trim() === '' && (
      <Button size="xs" variant="default" onClick={() => change({ filter: EXAMPLE })}>
        Begin with an example
      </Button>
    )}
  </Stack>
)

/** What the data of these types usually has. */
function usePaths(typeIds: number[]): string[] {
  const types = useQuery(eventTypesQuery).data?.data ?? []
  const chosen = types.filter(({ id, operational }) => typeIds.includes(id) && !operational)
  return [...new Set(chosen.flatMap(({ name }) => Object.keys(JSON.parse(exampleData(name)) as object)))].toSorted()
}
