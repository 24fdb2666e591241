import { Box, Button, Text } from '@mantine/core'
import { IconRefreshDot, IconSend } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { deliveriesQuery, deliveryCountQuery, type DeliveryFilter } from '../api/queries'
import { whileShort } from '../parts/Listing'
import { ListPage } from '../parts/ListPage'
import { Empty } from '../parts/states'
import { windowOf } from '../parts/time-window'
import type { DeliverySearch } from '../router'
import { PublishLink } from '../session/Allowed'
import { useMay } from '../session/session'
import { DeliveryFilters } from './DeliveryFilters'
import { DeliveryRows } from './DeliveryRows'
import { QuickAnswers } from './QuickAnswers'
import { isTickable, SelectedBar } from './SelectedBar'
import { SavedViews } from './SavedViews'
import { isCut, MOST_LIVE, useLive } from './use-live'
import { WhyNothing } from './WhyNothing'

const route = getRouteApi('/operations/deliveries')
const LIVE_MS = 3_000

export function DeliveryList() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const filter = toFilter(search)
  const shown = useQueryClient().getQueryData(deliveriesQuery(filter).queryKey)?.pages.length ?? 0
  // Whoever has gone further down reads: nothing moves there.
  const isLive = useLive(filter, shown <= 1)
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({ ...deliveriesQuery(filter), refetchInterval: isLive ? false : whileShort(LIVE_MS) })
  const wasCut = isCut(data?.pages)
  /** What was taken off comes with the list read anew. */
  const showMore = async (): Promise<void> => {
    if (wasCut) await refetch()
    await fetchNextPage()
  }
  const may = useMay()
  const [chosen, setChosen] = useState<Set<string>>(new Set())
  const toggle = (id: string): void => setChosen((now) => new Set(now.has(id) ? [...now].filter((one) => one !== id) : [...now, id]))
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  const isSought = search.entityId !== undefined || search.eventId !== undefined
  const change = (part: DeliverySearch): void => void navigate({ search: (now) => ({ ...now, ...part }), replace: true })

  return (
    <ListPage
      title="Deliveries"
      crumbs={[{ text: 'Operations' }]}
      about="Each event on its way to each webhook, newest first, as it happens."
      aside={<Aside search={search} filter={filter} />}
      between={
        // What was searched for is to be seen at once, on a telephone too.
        <Box visibleFrom={isSought ? 'md' : undefined}>
          <QuickAnswers search={search} />
        </Box>
      }
      filters={<DeliveryFilters search={search} change={change} />}
      list={{ data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage: showMore }}
      empty={isFiltered ? <WhyNothing search={search} filter={filter} showAll={() => void navigate({ search: {} })} /> : <NothingYet />}
    >
      {(deliveries) => (
        <>
          {may.retry && <SelectedBar deliveries={deliveries} chosen={chosen} choose={setChosen} />}
          <DeliveryRows deliveries={deliveries} {...(may.retry && { ticks: { chosen, isTickable, toggle } })} />
          {wasCut && (
            <Text size="sm" c="var(--muted)" ta="center" p="md" pb={0} role="status">
              The newest {MOST_LIVE} are kept here while the list is live.
            </Text>
          )}
        </>
      )}
    </ListPage>
  )
}

export function toFilter(search: DeliverySearch): DeliveryFilter {
  const { since, from, to, ...rest } = search
  return { ...rest, ...windowOf({ since, from, to }) }
}

const NothingYet = () => (
  <Empty title="No deliveries yet" icon={<IconSend size={40} stroke={1.3} />} action={<PublishLink />}>
    Once there is a webhook and an event is published, each delivery is shown here with every attempt.
  </Empty>
)

function Aside({ search, filter }: { search: DeliverySearch; filter: DeliveryFilter }) {
  const navigate = route.useNavigate()
  return (
    <>
      <RetryMany search={search} filter={filter} />
      <SavedViews search={search} show={(view) => void navigate({ search: view })} />
    </>
  )
}

/** For what is parked: a release retries all that the filter finds. */
function RetryMany({ search, filter }: { search: DeliverySearch; filter: DeliveryFilter }) {
  const may = useMay()
  const { status, eventId, ...rest } = search
  const isPossible = may.retry && eventId === undefined && (status === undefined || status === 'parked')
  const { data } = useQuery({ ...deliveryCountQuery({ ...filter, status: 'parked' }), enabled: isPossible, refetchInterval: 5_000 })
  if (!isPossible || !data || data.count < 2) return null
  return (
    <Button leftSection={<IconRefreshDot size={16} />} renderRoot={(props) => <Link to="/operations/releases/new" search={rest} {...props} />}>
      Retry all {data.count.toLocaleString()}
      {data.more && '+'} parked
    </Button>
  )
}
