import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { answer, api, toCallError } from '../api/client'
import { eventTypesQuery } from '../api/queries'
import { PageHead } from '../parts/PageHead'
import { Card, Problem } from '../parts/states'
import { faultOf } from '../webhooks/draft'
import { exampleData } from './examples'
import { Allowed } from '../session/Allowed'

const FIRST_TYPE = 'CREATE ACCOUNT'

export const PublishEvent = () => (
  <Allowed what="publish" title="Publish a test">
    <Form />
  </Allowed>
)

function Form() {
  const types = useQuery(eventTypesQuery).data?.data ?? []
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [type, setType] = useState(FIRST_TYPE)
  const [id, setId] = useState('')
  const [data, setData] = useState(() => exampleData(FIRST_TYPE))
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const fields = error === undefined ? [] : toCallError(error).fields

  function choose(next: string | null): void {
    if (next === null) return
    // What was typed by hand stays.
    if (data === exampleData(type)) setData(exampleData(next))
    setType(next)
  }

  async function publish(form: FormEvent): Promise<void> {
    form.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      const head = JSON.stringify({ type, ...(id.trim() !== '' && { id: id.trim() }) })
      // As it is typed: reading it as JSON here would change `1.10` and long numbers.
      const text = `${head.slice(0, -1)},"data":${data.trim() === '' ? 'null' : data}}`
      const event = await answer(api.POST('/v1/events', { body: text as never, bodySerializer: String, headers: { 'content-type': 'application/json' } }))
      await queries.invalidateQueries()
      await navigate({ to: '/events/$id', params: { id: event.id } })
    } catch (problem) {
      setError(problem)
      setBusy(false)
    }
  }

  return (
    <Stack>
      <PageHead title="Publish a test" crumbs={[{ text: 'Events', to: '/events' }]}>
        <Text c="var(--muted)" size="sm">
          A real event: every webhook of this tenant that asks for its type gets it.
        </Text>
      </PageHead>
      <form onSubmit={(form) => void publish(form)} noValidate>
        <Card>
          <Stack>
            <Select label="Event type" data={types.filter(({ operational }) => !operational).map(({ name }) => name)} value={type} onChange={choose} allowDeselect={false} searchable error={faultOf(fields, 'type')} maw={360} />
            <TextInput label="Event's id" description="Made by Herald when empty." value={id} onChange={({ currentTarget }) => setId(currentTarget.value)} error={faultOf(fields, 'id')} maw={360} />
            <Textarea
              label="Data"
              description="JSON. The receivers get it digit for digit."
              autosize
              minRows={8}
              maxRows={24}
              value={data}
              onChange={({ currentTarget }) => setData(currentTarget.value)}
              error={faultOf(fields, 'data')}
              spellCheck={false}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            />
            {error !== undefined && <Problem error={error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={busy}>
                Publish
              </Button>
            </Group>
          </Stack>
        </Card>
      </form>
    </Stack>
  )
}
