import { z } from 'zod'
import type { Delivery } from '../domain/delivery'
import type { EventCatalog } from '../publish/event-catalog'
import type { ChangeListener, DeliveryChanges } from '../store/delivery-changes'
import type { DeliveryFilter, DeliveryQueries } from '../store/delivery-queries'
import { filterShape, fitsExpiring, misfitOfExpiring, toDeliveryFilter } from './delivery-filter'
import { deliveryView, toDeliveryView } from './delivery-views'
import { route, type Call, type Reply, type Route } from './route'
import { createSeats } from './seats'
import type { WorkflowLink } from './temporal-ui'
import { limit, named } from './views'

export interface LiveDeps {
  deliveryQueries: Pick<DeliveryQueries, 'list' | 'among'>
  deliveryChanges: DeliveryChanges
  catalog: EventCatalog
  workflowLink: WorkflowLink
}

/** Of a tenant, in this process. */
const MOST_AT_ONCE = 20
/** How often the stream shows that it lives, and looks whether its reader still may read. */
const HEARTBEAT_MS = 5_000
/** More changes than that between two looks are a new list. */
const MOST_CHANGES = 200
/** Rows that a reader may still show. */
const MOST_SHOWN = 2_000

export function liveRoutes(deps: LiveDeps): Route[] {
  const seats = createSeats(MOST_AT_ONCE, 'live lists')
  return [
    route({
      method: 'get',
      path: '/v1/deliveries/live',
      scope: 'read',
      tag: 'Deliveries',
      summary: 'Follow the list of deliveries',
      description: ABOUT,
      query,
      responses: { 200: { description: 'Server-sent events.', schema: liveEvent, contentType: 'text/event-stream' } },
      problems: [429],
      handle: async (call): Promise<Reply> => {
        const filter = await toDeliveryFilter(deps.catalog, call.query)
        return {
          status: 200,
          contentType: 'text/event-stream; charset=utf-8',
          // A proxy that gathers would hold the events back.
          headers: { 'X-Accel-Buffering': 'no' },
          stream: seats.taken(call.tenantId, (ended) => follow(deps, call, filter, ended)),
        }
      },
    }),
  ]
}

type LiveCall = Call<unknown, { limit: number }>

/** Pulled by whoever reads: while that is slow, changes come together, and become a new list when they are many. */
async function* follow(deps: LiveDeps, call: LiveCall, filter: DeliveryFilter, ended: AbortSignal): AsyncIterable<string> {
  const view = createLiveView(deps, call, filter)
  const news = createNews()
  const stop = await deps.deliveryChanges.listen(call.tenantId, news.listener)
  ended.addEventListener('abort', news.listener.onEnd, { once: true })
  let lookAt = performance.now() + HEARTBEAT_MS
  try {
    yield 'retry: 2000\n\n'
    for (let taken = news.take(); !ended.aborted && taken.kind !== 'end'; taken = news.take()) {
      if (taken.kind === 'missed') yield await view.list()
      if (taken.kind === 'changed') yield await view.changes(taken.ids)
      if (performance.now() >= lookAt) {
        if (!(await call.mayGoOn())) {
          yield message('end', { reason: 'The session has ended, or the key was revoked.' })
          break
        }
        yield ': alive\n\n'
        lookAt = performance.now() + HEARTBEAT_MS
      }
      await news.wait(lookAt - performance.now())
    }
  } finally {
    stop()
  }
}

/** What one reader shows. */
function createLiveView({ deliveryQueries, catalog, workflowLink }: LiveDeps, { tenantId, query }: LiveCall, filter: DeliveryFilter) {
  let shown = new Set<string>()
  const toViews = (found: Delivery[]) => Promise.all(found.map(async (each) => toDeliveryView(each, await catalog.nameOf(each.typeId), workflowLink)))

  return {
    list: async (): Promise<string> => {
      const { data, nextCursor } = await deliveryQueries.list(tenantId, filter, { limit: query.limit })
      shown = new Set(data.map(({ id }) => id))
      return message('list', { data: await toViews(data), ...(nextCursor !== undefined && { nextCursor }) })
    },
    changes: async (ids: string[]): Promise<string> => {
      const found = await deliveryQueries.among(tenantId, filter, ids)
      const matching = new Set(found.map(({ id }) => id))
      const left = ids.filter((id) => shown.has(id) && !matching.has(id))
      shown = new Set([...shown].filter((id) => !left.includes(id)).concat([...matching]).slice(-MOST_SHOWN))
      const views = await toViews(found)
      return [...views.map((view) => message('delivery', view)), ...left.map((id) => message('left', { id }))].join('')
    },
  }
}

type News = { kind: 'missed' | 'none' | 'end' } | { kind: 'changed'; ids: string[] }

/** What has happened since the last look. The first look is a whole list. */
function createNews() {
  let changed = new Set<string>()
  let isMissed = true
  let isOver = false
  let wake: () => void = () => undefined
  const listener: ChangeListener = {
    onChanged: (ids) => {
      for (const id of ids) changed.add(id)
      if (changed.size > MOST_CHANGES) listener.onMissed()
      wake()
    },
    onMissed: () => {
      isMissed = true
      changed = new Set()
      wake()
    },
    onEnd: () => {
      isOver = true
      wake()
    },
  }
  return {
    listener,
    take: (): News => {
      if (isOver) return { kind: 'end' }
      const ids = [...changed]
      changed = new Set()
      if (isMissed) {
        isMissed = false
        return { kind: 'missed' }
      }
      return ids.length > 0 ? { kind: 'changed', ids } : { kind: 'none' }
    },
    wait: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        if (isOver || isMissed || changed.size > 0) return resolve()
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}

/** One event of a stream (WHATWG HTML, "Server-sent events"); JSON has no line break. */
const message = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

const query = z
  .strictObject({ ...filterShape, limit: limit.describe('Entries of `list`, 1 to 200; 50 when not given.') })
  .refine(fitsExpiring, misfitOfExpiring)

const liveEvent = z.union([
  z.object({ data: z.array(deliveryView), nextCursor: z.string().optional() }).describe('Of `list`'),
  deliveryView,
  z.object({ id: z.string() }).describe('Of `left`'),
  z.object({ reason: z.string() }).describe('Of `end`'),
])
named.add(liveEvent, { id: 'LiveDeliveries' })

const ABOUT = `Server-sent events, whose \`data\` is JSON. First comes a \`list\`, the newest page as \`GET /v1/deliveries\` has it; then what changes, within a second:

| event | data | what to do |
|---|---|---|
| \`list\` | \`{ data, nextCursor }\` | show this instead of what was there |
| \`delivery\` | a delivery | put it in, or in place of what it was |
| \`left\` | \`{ id }\` | take it out: it does not match any more |
| \`end\` | \`{ reason }\` | the session has ended, or the key was revoked: do not connect again |

A \`list\` comes again whenever changes may have been missed or are too many to be told one by one, and after every reconnect, so that nothing has to be remembered (\`Last-Event-ID\` is not needed). A comment every 5 s shows that the stream lives. Looking on keeps no session from ending. At most ${MOST_AT_ONCE} for each tenant at a process: then 429.`
