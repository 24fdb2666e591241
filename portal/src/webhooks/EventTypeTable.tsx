import { Alert, Anchor, Checkbox, Collapse, Group, Input, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { EventType } from '../api/client'
import { eventTypesQuery } from '../api/queries'
import { inOnePiece, Listing, rowsOf } from '../parts/Listing'
import { Outside } from '../parts/visible'
import classes from './types.module.css'

interface EventTypeTableProps {
  chosen: number[]
  fault: string | undefined
  onChange: (ids: number[]) => void
}

/** The types that there are, with their Event IDs, each to be ticked. */
export function EventTypeTable({ chosen, fault, onChange }: EventTypeTableProps) {
  const list = inOnePiece(useQuery(eventTypesQuery))
  const [showsReports, setShowsReports] = useState(false)
  const labelId = useId()
  const types = rowsOf(list)
  const events = types.filter(({ operational }) => !operational)
  const reports = types.filter(({ operational }) => operational)
  const reportsOpen = showsReports || reports.some(({ id }) => chosen.includes(id))
  const all = events.every(({ id }) => chosen.includes(id))
  const toggleAll = (): void => {
    const others = chosen.filter((id) => !events.some((type) => type.id === id))
    onChange(all ? others : [...others, ...events.map(({ id }) => id)])
  }
  const toggle = (id: number): void => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])

  return (
    <div role="group" aria-labelledby={labelId}>
      <Group justify="space-between">
        <Input.Label id={labelId} required labelElement="div">
          Event types
        </Input.Label>
        {events.length > 0 && (
          <Anchor component="button" type="button" size="sm" onClick={toggleAll}>
            {all ? 'Choose none' : `Choose all ${events.length}`}
          </Anchor>
        )}
      </Group>
      <Listing list={list} empty={null}>
        {() => <TypeTable types={events} chosen={chosen} toggle={toggle} label="Event types" />}
      </Listing>
      {reports.length > 0 && (
        <>
          <Anchor component="button" type="button" size="sm" mt="xs" aria-expanded={reportsOpen} onClick={() => setShowsReports(!showsReports)}>
            {reportsOpen ? 'What Herald itself reports' : 'Also what Herald itself reports …'}
          </Anchor>
          <Collapse expanded={reportsOpen}>
            <TypeTable types={reports} chosen={chosen} toggle={toggle} label="Reports of Herald" />
          </Collapse>
        </>
      )}
      {fault !== undefined && (
        <Alert color="red" variant="light" p="xs" mt="xs" role="alert">
          <Text size="sm">{fault}</Text>
        </Alert>
      )}
    </div>
  )
}

interface TypeTableProps {
  types: EventType[]
  chosen: number[]
  toggle: (id: number) => void
  label: string
}

const TypeTable = ({ types, chosen, toggle, label }: TypeTableProps) => (
  <table className={classes.table} aria-label={label}>
    <thead>
      <tr>
        <th scope="col">Event type</th>
        <th scope="col">Event ID</th>
        <th scope="col" className={classes.about}>
          Description
        </th>
      </tr>
    </thead>
    <tbody>
      {types.map(({ id, name, description }) => (
        <tr key={id} onClick={() => toggle(id)}>
          <td>
            <Checkbox
              label={<Outside text={name} />}
              checked={chosen.includes(id)}
              onClick={(click) => click.stopPropagation()}
              onChange={() => toggle(id)}
              styles={{ label: { fontWeight: 600 } }}
            />
          </td>
          <td>{id}</td>
          <td className={classes.about}>
            <Outside text={description} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)
