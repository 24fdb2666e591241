import { ActionIcon, Autocomplete, Button, Group, Paper, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { FieldError } from '../../api/client'
import { faultOf } from '../draft'
import { EMPTY_LINE, isGroup, readValue, showValue, takesValue, TESTS, withTest, type Conditions, type Group as LineGroup, type Join, type Line } from './conditions'

interface BuilderProps {
  conditions: Conditions
  /** What the data of the chosen types usually has. */
  paths: string[]
  fields: FieldError[]
  change: (conditions: Conditions) => void
}

/** Conditions line by line, and groups of them. What is half typed stands in the filter as it is: the server says what it lacks. */
export function FilterBuilder({ conditions: { join, parts }, paths, fields, change }: BuilderProps) {
  const put = (next: (Line | LineGroup)[], nextJoin = join): void => change({ join: nextJoin, parts: next })
  const place = join === 'and' && parts.length === 1 && !parts.some(isGroup) ? () => 'filter' : (i: number) => `filter.${join}[${i}]`
  return (
    <Stack gap="xs" role="group" aria-label="Conditions">
      {parts.length > 1 && <JoinChoice label="Which must hold" join={join} change={(next) => put(parts, next)} />}
      {parts.map((part, i) =>
        isGroup(part) ? (
          <Paper key={i} withBorder p="sm">
            <Lines
              name={`${i + 1}.`}
              place={(n) => `${place(i)}.${part.join}[${n}]`}
              group={part}
              {...{ paths, fields }}
              change={(group) => put(group.lines.length === 0 ? parts.toSpliced(i, 1) : parts.with(i, group))}
            />
          </Paper>
        ) : (
          <LineFields key={i} name={`${i + 1}`} place={place(i)} line={part} {...{ paths, fields }} change={(line) => put(parts.with(i, line))} remove={() => put(parts.toSpliced(i, 1))} />
        ),
      )}
      {parts.length > 0 && (
        <Text size="xs" c="var(--muted)">
          Numbers are compared by their value. What stands in quotes is text: &quot;4711&quot;.
        </Text>
      )}
      <Group gap="xs">
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => put([...parts, EMPTY_LINE])}>
          Add a condition
        </Button>
        {parts.length > 0 && (
          <Button size="xs" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => put([...parts, { join: join === 'and' ? 'or' : 'and', lines: [EMPTY_LINE] }])}>
            Add a group
          </Button>
        )}
      </Group>
    </Stack>
  )
}

interface LinesProps extends Pick<BuilderProps, 'paths' | 'fields'> {
  name: string
  place: (n: number) => string
  group: LineGroup
  change: (group: LineGroup) => void
}

function Lines({ name, place, group: { join, lines }, paths, fields, change }: LinesProps) {
  const put = (next: Line[], nextJoin = join): void => change({ join: nextJoin, lines: next })
  return (
    <Stack gap="xs">
      <JoinChoice label={`Which of group ${name.replace('.', '')} must hold`} join={join} change={(next) => put(lines, next)} />
      {lines.map((line, i) => (
        <LineFields key={i} name={`${name}${i + 1}`} place={place(i)} line={line} {...{ paths, fields }} change={(next) => put(lines.with(i, next))} remove={() => put(lines.toSpliced(i, 1))} />
      ))}
      <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'start' }} aria-label={`Add a condition to group ${name.replace('.', '')}`} onClick={() => put([...lines, EMPTY_LINE])}>
        Add a condition
      </Button>
    </Stack>
  )
}

const JOINS = [
  { value: 'and', label: 'All hold' },
  { value: 'or', label: 'Any holds' },
] as const

const JoinChoice = ({ label, join, change }: { label: string; join: Join; change: (join: Join) => void }) => (
  <SegmentedControl size="xs" aria-label={label} style={{ alignSelf: 'start' }} data={[...JOINS]} value={join} onChange={change} />
)

interface LineProps extends Pick<BuilderProps, 'paths' | 'fields'> {
  name: string
  place: string
  line: Line
  change: (line: Line) => void
  remove: () => void
}

function LineFields({ name, place, line, paths, fields, change, remove }: LineProps) {
  return (
    <Group className="line" align="start" gap="xs">
      <Autocomplete
        aria-label={`Path of condition ${name}`}
        placeholder="amount"
        data={paths}
        spellCheck={false}
        value={line.path}
        error={faultOf(fields, place)}
        onChange={(path) => change({ ...line, path })}
        style={{ flex: '2 1 9rem' }}
      />
      <Select
        aria-label={`Test of condition ${name}`}
        data={[...TESTS]}
        allowDeselect={false}
        value={line.test}
        onChange={(test) => test !== null && change(withTest(line, test))}
        style={{ flex: '1 1 9rem' }}
      />
      {takesValue(line.test) && <ValueField name={name} line={line} change={(value) => change({ ...line, value })} />}
      <ActionIcon size="lg" variant="subtle" color="gray" aria-label={`Remove condition ${name}`} onClick={remove}>
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  )
}

/** Keeps what is typed as it is typed, for as long as it means what the filter has. */
function ValueField({ name, line, change }: { name: string; line: Line; change: (value: unknown) => void }) {
  const [typed, setTyped] = useState(() => showValue(line))
  const isSame = JSON.stringify(readValue(line.test, typed)) === JSON.stringify(line.value)
  const shown = showValue(line)
  useEffect(() => {
    if (!isSame) setTyped(shown)
  }, [isSame, shown])
  return (
    <TextInput
      aria-label={`Value of condition ${name}`}
      placeholder={line.test === 'in' || line.test === 'notIn' ? 'EUR, KES' : '100.00'}
      spellCheck={false}
      value={isSame ? typed : shown}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value)
        change(readValue(line.test, currentTarget.value))
      }}
      style={{ flex: '2 1 9rem' }}
    />
  )
}
