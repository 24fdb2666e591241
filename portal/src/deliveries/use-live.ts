import { useQueryClient, type InfiniteData } from '@tanstack/react-query'
import { useDocumentVisibility } from '@mantine/hooks'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { useEffect, useState } from 'react'
import { answer, api, type Delivery } from '../api/client'
import { deliveriesQuery, type DeliveryFilter } from '../api/queries'

interface Page {
  data: Delivery[]
  nextCursor?: string
  /** Older ones have left it since: its cursor is not where it ends. */
  isCut?: true
}
type Pages = InfiniteData<Page, string>

/** So many stay of a list that grows while it is looked at: a page left open overnight must not hold a day's deliveries. */
export const MOST_LIVE = 200

/** Whether older ones were taken off what is shown. */
export const isCut = (pages: Page[] | undefined): boolean => pages?.[0]?.isCut === true

/** After a stream that broke off, or was refused because too many look on. */
const AGAIN_MS = 5_000

/**
 * Follows the list as it changes, while it is looked at; false while it does not, and the list has to
 * be asked for. With fetch: an EventSource cannot say which tenant it is about.
 */
export function useLive(filter: DeliveryFilter, enabled: boolean): boolean {
  const queries = useQueryClient()
  const isVisible = useDocumentVisibility() === 'visible'
  const [isLive, setIsLive] = useState(false)
  const key = JSON.stringify(filter)
  const isOn = enabled && isVisible

  useEffect(() => {
    if (!isOn) return undefined
    const stopping = new AbortController()
    const { queryKey } = deliveriesQuery(JSON.parse(key) as DeliveryFilter)
    const change = (edit: (pages: Pages) => Pages): void => {
      queries.setQueryData<Pages>(queryKey, (pages) => pages && edit(pages))
    }
    void keepFollowing()
    return () => {
      stopping.abort()
      setIsLive(false)
    }

    async function keepFollowing(): Promise<void> {
      while (!stopping.signal.aborted) {
        const isOver = await followOnce().catch(() => false)
        setIsLive(false)
        if (isOver || stopping.signal.aborted) return
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      }
    }

    /** True when the server says that there is no use in coming back. */
    async function followOnce(): Promise<boolean> {
      const query = JSON.parse(key) as DeliveryFilter
      const body = await answer(api.GET('/v1/deliveries/live', { params: { query }, parseAs: 'stream', signal: stopping.signal }))
      const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
      for (const reader = events.getReader(); ; ) {
        const { done, value } = await reader.read()
        if (done) return false
        if (value.event === 'end') return true
        const edit = EDITS[value.event ?? '']
        if (!edit) continue
        change((pages) => edit(pages, JSON.parse(value.data) as never))
        setIsLive(true)
      }
    }
  }, [isOn, key, queries])

  return isLive
}

/** What each event of the stream does to what is shown. */
const EDITS: Record<string, (pages: Pages, data: never) => Pages> = {
  list: (_, page: Page) => ({ pages: [page], pageParams: [''] }),
  delivery: (pages, delivery: Delivery) => cut(withFirst(without(pages, delivery.id), (data) => insert(data, delivery))),
  left: (pages, { id }: { id: string }) => without(pages, id),
}

const without = ({ pages, pageParams }: Pages, id: string): Pages => ({
  pages: pages.map((page) => ({ ...page, data: page.data.filter((delivery) => delivery.id !== id) })),
  pageParams,
})

const withFirst = ({ pages: [first, ...rest], pageParams }: Pages, edit: (data: Delivery[]) => Delivery[]): Pages => ({
  pages: first ? [{ ...first, data: edit(first.data) }, ...rest] : rest,
  pageParams,
})

function cut(pages: Pages): Pages {
  const [first] = pages.pages
  // With more pages, somebody reads on: nothing is followed then.
  if (!first || first.data.length <= MOST_LIVE || pages.pages.length > 1) return pages
  // A cursor, so that there is more to be shown.
  return { ...pages, pages: [{ nextCursor: '', ...first, data: first.data.slice(0, MOST_LIVE), isCut: true }] }
}

/** Ids sort by the time of the event: the newest is first. */
function insert(data: Delivery[], delivery: Delivery): Delivery[] {
  const at = data.findIndex(({ id }) => id < delivery.id)
  return at === -1 ? [...data, delivery] : data.toSpliced(at, 0, delivery)
}
