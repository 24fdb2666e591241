import { Box, Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { LoadingRows, Problem } from './states'

/** What a query of a list knows, whether it comes page by page or at once. */
export interface Listed<T> {
  data: { pages: { data: T[] }[] } | undefined
  error: unknown
  refetch: () => unknown
  hasNextPage?: boolean
  isFetchingNextPage?: boolean
  fetchNextPage?: () => unknown
}

interface ListingProps<T> {
  list: Listed<T>
  empty: ReactNode
  /** So many rows are drawn while it is read. */
  loading?: number
  children: (rows: T[]) => ReactNode
}

/** A list of the API in each of its states: being read, refused, empty, there, and with more to come. */
export function Listing<T>({ list, empty, loading, children }: ListingProps<T>) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const rows = rowsOf(list)
  return (
    <>
      {error !== null && (
        <Box p="md">
          <Problem error={error} retry={() => void refetch()} />
        </Box>
      )}
      {!data && error === null && <LoadingRows rows={loading} />}
      {data && rows.length === 0 && empty}
      {rows.length > 0 && children(rows)}
      {hasNextPage && (
        <Group justify="center" p="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage?.()}>
            Show more
          </Button>
        </Group>
      )}
    </>
  )
}

export const rowsOf = <T,>({ data }: Pick<Listed<T>, 'data'>): T[] => data?.pages.flatMap((page) => page.data) ?? []

/** A list that the API answers in one piece. */
export const inOnePiece = <T,>({ data, error, refetch }: { data: { data: T[] } | undefined; error: unknown; refetch: () => unknown }): Listed<T> => ({
  data: data && { pages: [data] },
  error,
  refetch,
})

/** Reading many pages again every few seconds would be a load for nothing. */
const LIVE_PAGES = 2

/** For `refetchInterval` of a list that comes page by page. */
export const whileShort =
  (everyMs: number) =>
  ({ state }: { state: { data?: { pages: unknown[] } | undefined } }): number | false =>
    (state.data?.pages.length ?? 0) > LIVE_PAGES ? false : everyMs
