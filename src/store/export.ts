import type { Delivery } from '../domain/delivery'
import { groupBy } from '../domain/group-by'
import { toDelivery } from './deliveries'
import { toSummary, type EventSummary } from './event-queries'
import type { Models } from './models'
import type { EventRecord } from './records'
import { scoped } from './scope'

/** Events with what became of them, in publish order. */
export interface ExportQueries {
  /**
   * Page by page, so that neither a long time nor a slow reader costs memory or a cursor. What is published
   * while it goes on, and belongs into the time, may or may not be in it.
   */
  walk: (tenantId: string, from: Date, to: Date) => AsyncIterable<ExportedEvent[]>
}

export interface ExportedEvent {
  event: EventSummary
  /** None where no webhook asked for it, or it waits for its time. */
  deliveries: Delivery[]
}

const PAGE = 500

export function createExportQueries({ hot: { events, deliveries } }: Models): ExportQueries {
  const nextPage = (tenantId: string, after: EventRecord | undefined, from: Date, to: Date): Promise<EventRecord[]> =>
    events
      .find(scoped(tenantId, { createdAt: { $gte: after?.createdAt ?? from, $lt: to }, ...(after && laterThan(after)) }), {
        projection: { data: 0 },
        hint: { tenantId: 1, createdAt: -1, _id: -1 },
      })
      .sort({ createdAt: 1, _id: 1 })
      .limit(PAGE)
      .toArray()

  async function deliveriesOf(tenantId: string, page: EventRecord[]): Promise<Map<string, Delivery[]>> {
    const eventId = { $in: page.map((event) => event.eventId) }
    const found = await deliveries.find(scoped(tenantId, { eventId }), { projection: { intents: 0, parkings: 0 }, hint: { tenantId: 1, eventId: 1 } }).sort({ eventId: 1, _id: 1 }).toArray()
    return groupBy(found.map(toDelivery), (delivery) => delivery.eventId)
  }

  return {
    walk: async function* (tenantId, from, to) {
      for (let page = await nextPage(tenantId, undefined, from, to); page.length > 0; page = await nextPage(tenantId, page.at(-1), from, to)) {
        const found = await deliveriesOf(tenantId, page)
        yield page.map((record) => ({ event: toSummary(record), deliveries: found.get(record.eventId) ?? [] }))
        if (page.length < PAGE) return
      }
    },
  }
}

/** Beside `createdAt` at or after its own, which bounds the index scan. */
const laterThan = ({ createdAt, _id }: EventRecord): object => ({ $or: [{ createdAt: { $gt: createdAt } }, { _id: { $gt: _id } }] })
