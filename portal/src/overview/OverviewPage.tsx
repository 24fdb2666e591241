import { SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconChartBar } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Schemas } from '../api/client'
import { statisticsQuery } from '../api/queries'
import { Loaded } from '../parts/Loaded'
import { PageHead } from '../parts/PageHead'
import { Card, Empty } from '../parts/states'
import { windowOf } from '../parts/time-window'
import { When } from '../parts/When'
import { PublishLink } from '../session/Allowed'
import { ArrivalChart, BacklogChart, OutcomeChart } from './charts'
import { duration, percent, short } from '../parts/numbers'
import { Stopped } from './Stopped'
import { toPoints } from './series'
import { WorstWebhooks } from './WorstWebhooks'

const route = getRouteApi('/overview')

const WINDOWS = [
  { value: 'hour', label: 'Hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
]
const USUAL = '24h'

/** How deliveries fare, for a window that moves with the clock. */
export function OverviewPage() {
  const { since = USUAL } = route.useSearch()
  const navigate = route.useNavigate()
  const chosen = WINDOWS.some(({ value }) => value === since) ? since : USUAL
  const query = useQuery({ ...statisticsQuery(chosen, windowOf({ since: chosen })), refetchInterval: 15_000 })
  return (
    <Stack>
      <PageHead
        title="Overview"
        aside={<SegmentedControl aria-label="Time" data={WINDOWS} value={chosen} onChange={(value) => void navigate({ search: { since: value }, replace: true })} />}
      >
        <Text c="var(--muted)" size="sm">
          How deliveries fare, all webhooks together.
          {query.data?.countedUntil !== undefined && (
            <>
              {' '}
              Counted until <When at={query.data.countedUntil} />.
            </>
          )}
        </Text>
      </PageHead>
      <Loaded query={query}>{(statistics) => <Found statistics={statistics} />}</Loaded>
    </Stack>
  )
}

function Found({ statistics }: { statistics: Schemas['Statistics'] }) {
  const { totals, worst = [], step } = statistics
  const points = toPoints(statistics)
  const isEmpty = totals.delivered + totals.failed === 0
  return (
    <>
      <Totals statistics={statistics} />
      <Card title="Attempts a minute" aside={<Text size="sm" c="var(--muted)">steps of {step}</Text>}>
        {isEmpty ? (
          <Empty title="No attempts in this time" icon={<IconChartBar size={40} stroke={1.3} />} action={<PublishLink />}>
            Once events are delivered, how many a minute are drawn here, by outcome.
          </Empty>
        ) : (
          <OutcomeChart points={points} />
        )}
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card title="Time to arrival">
          {totals.arrival ? <ArrivalChart points={points} /> : <Nothing />}
        </Card>
        <Card title="Parked and held">{points.some(({ parked, held }) => parked !== undefined || held !== undefined) ? <BacklogChart points={points} /> : <Nothing />}</Card>
        <Card title="Webhooks with the most failures">
          <WorstWebhooks worst={worst} />
        </Card>
        <Card title="Held up">
          <Stopped />
        </Card>
      </SimpleGrid>
    </>
  )
}

const Nothing = () => (
  <Text size="sm" c="var(--muted)">
    Nothing to draw in this time.
  </Text>
)

function Totals({ statistics: { totals, series } }: { statistics: Schemas['Statistics'] }) {
  const { delivered, failed, deliveryRate, successRate, arrival, parked } = totals
  const waiting = series.findLast(({ backlog }) => backlog !== undefined)?.backlog
  const tiles = [
    { label: 'Delivered', value: percent(deliveryRate), hint: `of what came to an end: ${delivered.toLocaleString()} delivered, ${parked.toLocaleString()} parked` },
    { label: 'Attempts that succeeded', value: percent(successRate), hint: `${failed.toLocaleString()} of ${(delivered + failed).toLocaleString()} failed, and were tried again or parked` },
    { label: 'Time to arrival', value: arrival ? duration(arrival.p50) : '–', hint: arrival ? `half of them; 99 of 100 in ${duration(arrival.p99)}` : 'from publishing to the answer' },
    { label: 'Parked', value: waiting ? short(waiting.parked) : '–', hint: 'wait for a person now' },
  ]
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      {tiles.map(({ label, value, hint }) => (
        <Card key={label} p="md">
          <Text size="sm" fw={600}>
            {label}
          </Text>
          <Text fz={28} fw={700} lh={1.2}>
            {value}
          </Text>
          <Text size="xs" c="var(--muted)">
            {hint}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  )
}
