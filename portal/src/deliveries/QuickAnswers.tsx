import { SimpleGrid, Text, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { deliveryCountQuery } from '../api/queries'
import { windowOf } from '../parts/time-window'
import type { DeliverySearch } from '../router'
import classes from './quick.module.css'

interface Answer {
  label: string
  hint: string
  search: DeliverySearch
  color: string
}

/** What people ask first, each a filter with its count. */
const ANSWERS: Answer[] = [
  { label: 'Parked', hint: 'wait for a person', search: { status: 'parked' }, color: 'red' },
  { label: 'Parked today', hint: 'of events since midnight', search: { status: 'parked', since: 'today' }, color: 'red' },
  { label: 'Failing now', hint: 'between two attempts', search: { status: 'retrying' }, color: 'orange' },
  { label: 'Held', hint: 'by a paused or suspended webhook', search: { status: 'held' }, color: 'violet' },
]

export const QuickAnswers = ({ search }: { search: DeliverySearch }) => (
  <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
    {ANSWERS.map((answer) => (
      <Quick key={answer.label} answer={answer} isChosen={isSame(answer.search, search)} />
    ))}
  </SimpleGrid>
)

function Quick({ answer: { label, hint, search, color }, isChosen }: { answer: Answer; isChosen: boolean }) {
  const { data } = useQuery({ ...deliveryCountQuery({ status: search.status, ...windowOf(search) }), refetchInterval: 5_000 })
  const text = data ? `${data.count.toLocaleString()}${data.more ? '+' : ''}` : '–'
  return (
    <UnstyledButton
      className={classes.quick}
      data-chosen={isChosen || undefined}
      renderRoot={(props) => <Link to="/operations/deliveries" search={isChosen ? {} : search} aria-current={isChosen || undefined} {...props} />}
    >
      <Text size="sm" fw={600}>
        {label}
      </Text>
      <Text fz={26} fw={700} lh={1.2} c={data && data.count > 0 ? `light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-3))` : undefined}>
        {text}
      </Text>
      <Text size="xs" c="var(--muted)">
        {hint}
      </Text>
    </UnstyledButton>
  )
}

const isSame = (a: DeliverySearch, b: DeliverySearch): boolean => {
  const said = (search: DeliverySearch): string => JSON.stringify(Object.entries(search).filter(([, value]) => value !== undefined).toSorted())
  return said(a) === said(b)
}
