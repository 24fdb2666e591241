import { z } from 'zod'
import { readEventData } from '../domain/event-data'
import { compileFilter, type Matches } from '../domain/match-filter'
import type { EventCatalog } from '../publish/event-catalog'
import type { EventQueries, EventSummary } from '../store/event-queries'
import { eventSummaryView } from './event-views'
import { route, type Call, type Reply, type Route } from './route'
import { instant, named } from './views'
import { readTargets, type CheckUrl } from './webhook-changes'
import { webhookInput } from './webhook-input'

export interface FilterTestDeps {
  eventQueries: Pick<EventQueries, 'walk'>
  catalog: EventCatalog
  checkUrl: CheckUrl
}

const MAX_EVENTS = 1_000
/** A thousand of the largest events would keep a process busy for seconds. */
const MAX_DATA_LENGTH = 32 * 1024 * 1024
const SAMPLE = 10

export function filterTestRoutes({ eventQueries, catalog, checkUrl }: FilterTestDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/webhooks/filter-test',
      audited: false,
      scope: 'data',
      tag: 'Webhooks',
      summary: 'Try a filter on past events',
      description: 'What a webhook with these event types and this filter would have got, newest first. Changes nothing. It answers questions about the data of events, and so needs the scope `data`.',
      body: input,
      responses: { 200: { description: 'What the filter lets through, and what it does not.', schema: view } },
      handle: test,
    }),
  ]

  async function test({ tenantId, body }: Call<unknown, unknown, z.output<typeof input>>): Promise<Reply> {
    const { filter, eventTypes, from, to, limit } = body
    const typeIds = await readTargets({ eventTypes }, checkUrl, catalog)
    // One more than asked for tells whether there are more.
    const events = eventQueries.walk(tenantId, { typeIds, from, to }, limit + 1)
    return { status: 200, body: await tally(events, compileFilter(filter), limit) }
  }
}

const input = z
  .strictObject({
    eventTypes: webhookInput.shape.eventTypes,
    filter: webhookInput.shape.filter.unwrap(),
    from: instant.describe('Included.'),
    to: instant.describe('Not included.'),
    limit: z.int().min(1).max(MAX_EVENTS).default(MAX_EVENTS).describe('Events to look at.'),
  })
  .refine(({ from, to }) => !from || !to || from < to, { path: ['to'], message: 'must be later than from' })
named.add(input, { id: 'FilterTest' })

const sample = z
  .array(eventSummaryView.pick({ id: true, type: true, typeId: true, entityId: true, createdAt: true }))
  .describe(`The newest ${SAMPLE}.`)

const view = z.object({
  lookedAt: z.int().describe('Events that were looked at, the newest ones.'),
  matched: z.int().describe('How many of those the filter lets through.'),
  complete: z.boolean().describe('Whether those are all events of the types and the time asked for.'),
  matching: sample,
  notMatching: sample,
})
named.add(view, { id: 'FilterTestResult' })

async function tally(
  events: AsyncIterable<EventSummary & { data: string }>,
  matches: Matches,
  limit: number,
): Promise<z.infer<typeof view>> {
  const result: z.infer<typeof view> = { lookedAt: 0, matched: 0, complete: true, matching: [], notMatching: [] }
  let length = 0
  for await (const event of events) {
    length += event.data.length
    if (result.lookedAt === limit || length > MAX_DATA_LENGTH) return { ...result, complete: false }
    const isMatch = matches(readEventData(event.data))
    result.lookedAt += 1
    if (isMatch) result.matched += 1
    const shown = isMatch ? result.matching : result.notMatching
    if (shown.length < SAMPLE) shown.push(toView(event))
  }
  return result
}

const toView = ({ id, type, typeId, entityId, createdAt }: EventSummary): z.infer<typeof sample>[number] => ({
  id,
  type,
  typeId,
  entityId,
  createdAt: createdAt.toISOString(),
})
