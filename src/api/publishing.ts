import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { MAX_BATCH, MAX_EVENT_BYTES } from '../domain/event'
import { groupBy } from '../domain/group-by'
import { orderingKeyOf } from '../domain/ordering'
import { EXPIRE_AT_PASSED } from '../domain/timing'
import type { Publisher, PublishRequest, PublishResult } from '../publish/publisher'
import type { EventCatalog } from '../publish/event-catalog'
import { batchShown, publishShown, publishedView, batchView } from './event-views'
import { invalid, Problem } from './problem'
import { readEvent, readIdempotencyKey, refuseDuplicates } from './publish-input'
import { elements, members } from '../domain/raw-json'
import { route, type Call, type Reply, type Route } from './route'
import { parse } from './parse'
import { unanswered } from './unanswered'

export interface PublishingDeps {
  publisher: Publisher
  catalog: EventCatalog
}

/** Room for the fields and spaces around the data. */
const MAX_BODY_BYTES = MAX_EVENT_BYTES + 16 * 1024
const MAX_BATCH_BODY_BYTES = 8 * 1024 * 1024

export function publishingRoutes({ publisher, catalog }: PublishingDeps): Route[] {
  return [
    route({
      method: 'post',
      audited: false,
      path: '/v1/events',
      scope: 'publish',
      tag: 'Events',
      summary: 'Publish an event',
      description:
        'A 202 is durable. The bytes of `data` reach every receiver as they were sent. The same id with the same body answers 200 and the first answer again, so that a publish may be repeated safely. A 503 says whether it is known that nothing was accepted, and has the `eventId` to repeat it with.',
      headers: { 'Idempotency-Key': 'Becomes the id of the event when the body has none.' },
      body: z.unknown(),
      bodyShown: publishShown,
      maxBodyBytes: MAX_BODY_BYTES,
      responses: {
        200: { description: 'Published before; nothing was changed.', schema: publishedView },
        202: { description: 'Accepted, and durable.', schema: publishedView },
      },
      problems: [409, 413],
      handle: publishOne,
    }),
    route({
      method: 'post',
      audited: false,
      path: '/v1/events/batch',
      scope: 'publish',
      tag: 'Events',
      summary: 'Publish up to 1,000 events',
      description: 'One result an event, in order. A wrong event does not keep the others from being published. A 503 has the `eventIds` to repeat it with, in order, null for a wrong event.',
      body: z.unknown(),
      bodyShown: batchShown,
      maxBodyBytes: MAX_BATCH_BODY_BYTES,
      responses: { 200: { description: 'What became of each event.', schema: batchView } },
      problems: [413],
      handle: publishBatch,
    }),
  ]

  async function publishOne({ tenantId, body, source, header }: Call): Promise<Reply> {
    const request = await readEvent(catalog, body, source, 0, readIdempotencyKey(header('idempotency-key')))
    if (request instanceof Problem) throw request
    const [result] = await publisher.publish(tenantId, [request]).catch((error: unknown) => {
      throw unanswered(error, { eventId: request.id })
    })
    if (!result) throw new Error(TOO_FEW)
    if (result.kind === 'conflict') throw conflict(request.id)
    if (result.kind === 'too late') throw invalid([EXPIRE_AT_PASSED])
    return { status: statusOf(result), body: view(result) }
  }

  async function publishBatch({ tenantId, body, source, header }: Call): Promise<Reply> {
    if (header('idempotency-key') !== undefined) {
      throw new Problem('invalid-request', 'Idempotency-Key is for one event; give each event of the batch an id.')
    }
    const { events } = parse(batchInput, body)
    const read = await readBatch(catalog, events, source)
    const requests = read.filter((event): event is PublishRequest => !(event instanceof Problem))
    const results = new Map<PublishRequest, PublishResult>()
    await publishInOrder(tenantId, requests, results).catch((error: unknown) => {
      const eventIds = read.map((event) => (event instanceof Problem ? null : event.id))
      throw unanswered(error, { eventIds }, results.size > 0)
    })
    return {
      status: 200,
      body: { data: read.map((event) => (event instanceof Problem ? event.body : entry(results.get(event)))) },
    }
  }

  /** An id that stands twice is published first and then again, so that which of the two counts is no chance. */
  async function publishSlice(tenantId: string, slice: PublishRequest[], results: Map<PublishRequest, PublishResult>): Promise<void> {
    const published = await publisher.publish(tenantId, slice)
    for (const [i, request] of slice.entries()) {
      const result = published[i]
      if (result) results.set(request, result)
    }
  }

  async function publishInOrder(
    tenantId: string,
    requests: PublishRequest[],
    results: Map<PublishRequest, PublishResult>,
  ): Promise<void> {
    const firstOf = new Map(requests.toReversed().map((request) => [request.id, request]))
    for (const isFirst of [true, false]) {
      const part = requests.filter((request) => (firstOf.get(request.id) === request) === isFirst)
      const publishing: Promise<void>[] = []
      for (const slice of slicesByKey(part)) {
        const published = publishSlice(tenantId, slice, results)
        published.catch(() => undefined)
        publishing.push(published)
        await setImmediate()
      }
      // All of them, also when one fails: what was accepted is known then.
      await Promise.allSettled(publishing)
      await Promise.all(publishing)
    }
  }
}

const TOO_FEW = 'The publisher answered fewer results than events'

const batchInput = z.strictObject({ events: z.array(z.unknown()).min(1).max(MAX_BATCH) })

/** So many at a time: other requests have their turn in between. */
const SLICE = 50

function* slices<T>(all: T[]): Iterable<T[]> {
  for (let at = 0; at < all.length; at += SLICE) yield all.slice(at, at + SLICE)
}

/** What has the same ordering key stays together: one write numbers it in its order. */
function* slicesByKey(all: PublishRequest[]): Iterable<PublishRequest[]> {
  let slice: PublishRequest[] = []
  for (const group of groupBy(all, orderingKeyOf).values()) {
    slice.push(...group)
    if (slice.length < SLICE) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}

async function readBatch(catalog: EventCatalog, events: unknown[], source: string): Promise<(PublishRequest | Problem)[]> {
  const all = members(source)
  const duplicate = refuseDuplicates(all)
  if (duplicate) throw duplicate
  const spans = elements(source, all.find(({ key }) => key === 'events')?.start ?? 0)
  const read: (PublishRequest | Problem)[] = []
  for (const slice of slices(events)) {
    const at = read.length
    read.push(...(await Promise.all(slice.map((event, i) => readEvent(catalog, event, source, spans[at + i]?.start ?? 0)))))
    await setImmediate()
  }
  return read
}

const statusOf = ({ kind }: PublishResult): number => (kind === 'accepted' ? 202 : 200)

const view = ({ event, workflowId, cancelledAt }: PublishResult) => ({
  id: event.id,
  type: event.type,
  typeId: event.typeId,
  createdAt: event.createdAt.toISOString(),
  ...(event.deliverAt && { deliverAt: event.deliverAt.toISOString() }),
  ...(event.expireAt && { expireAt: event.expireAt.toISOString() }),
  ...(cancelledAt && { cancelledAt: cancelledAt.toISOString() }),
  ...(workflowId !== undefined && { workflowId }),
})

function entry(result: PublishResult | undefined): object {
  if (!result) throw new Error(TOO_FEW)
  if (result.kind === 'conflict') return { id: result.event.id, ...conflict(result.event.id).body }
  if (result.kind === 'too late') return invalid([EXPIRE_AT_PASSED]).body
  return { status: statusOf(result), ...view(result) }
}

function conflict(id: string): Problem {
  const detail = `The event ${JSON.stringify(id)} was published before with another type or other data; nothing was changed. Give a new event a new id.`
  return new Problem('conflict', detail, { members: { eventId: id } })
}
