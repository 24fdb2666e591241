import { z } from 'zod'
import { csvLine } from '../domain/csv'
import { CANCELLED_REASONS, DELIVERY_STATUSES, EXPIRED_REASONS, PARKED_REASONS, type Delivery } from '../domain/delivery'
import { FAILURE_REASONS } from '../domain/outcome'
import type { ExportedEvent, ExportQueries } from '../store/export'
import { invalid } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { createSeats } from './seats'
import { givenInstant, instant, named, time } from './views'

export interface ExportDeps {
  exports: ExportQueries
}

/** Of a tenant, in this process: each reads as fast as its reader takes it. */
const MOST_AT_ONCE = 4

export function exportRoutes({ exports }: ExportDeps): Route[] {
  const seats = createSeats(MOST_AT_ONCE, 'exports')
  return [
    route({
      method: 'get',
      path: '/v1/events/export',
      scope: 'read',
      tenantInQuery: true,
      tag: 'Events',
      summary: 'Export events with their outcomes',
      description:
        'For reconciliation: what was published from `from` up to `to`, in publish order, one row for each delivery, and one without a delivery for an event that has none. Streamed, at any size. An answer that breaks off ends its connection before the end of the body, which every HTTP client reports. In CSV (RFC 4180, UTF-8) a text that a spreadsheet would take for a formula has an apostrophe before it; NDJSON has every text as it is.',
      query,
      responses: {
        200: {
          description: 'The rows, one a line.',
          schema: exportedRow,
          contentType: 'application/x-ndjson',
          others: ['text/csv'],
        },
      },
      problems: [429],
      handle: start,
    }),
  ]

  async function start({ tenantId, query: { format, from, to = new Date() } }: Call<unknown, z.output<typeof query>>): Promise<Reply> {
    if (from >= to) throw invalid([{ path: 'from', message: 'must lie before to' }])
    const { contentType, lines }: Format = FORMATS[format]
    return {
      status: 200,
      contentType,
      headers: { 'Content-Disposition': `attachment; filename="events-${from.toISOString().slice(0, 10)}.${format}"` },
      stream: seats.taken(tenantId, () => lines(exports.walk(tenantId, from, to))),
    }
  }
}

const query = z.strictObject({
  format: z.enum(['csv', 'ndjson'], { error: 'must be csv or ndjson' }).default('ndjson'),
  from: givenInstant.describe('When the event was published; included.'),
  to: instant.describe('Not included; now when not given.'),
  tenantId: z.string().optional().describe('In place of the header `Herald-Tenant`, for a link in a browser, which sends none.'),
})

const exportedRow = z.object({
  eventId: z.string(),
  type: z.string(),
  typeId: z.int(),
  entityId: z.string(),
  publishedAt: time,
  sequence: z.int().optional(),
  deliverAt: time.optional(),
  cancelledAt: time.optional().describe("The event's, before its `deliverAt`"),
  deliveryId: z.string().optional().describe('None where no webhook asked for the event, or it waits for its time.'),
  webhookId: z.string().optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
  attemptCount: z.int().optional(),
  deliveredAt: time.optional(),
  lastAttemptAt: time.optional().describe('When the last outcome was there'),
  lastStatus: z.int().optional().describe('HTTP status of the last answer'),
  lastReason: z.enum(FAILURE_REASONS).optional().describe('Why the last attempt failed'),
  parkedAt: time.optional(),
  parkedReason: z.enum(PARKED_REASONS).optional(),
  expiredReason: z.enum(EXPIRED_REASONS).optional(),
  replayedBy: z.string().optional(),
  cancelledReason: z.enum(CANCELLED_REASONS).optional(),
})
named.add(exportedRow, { id: 'ExportedDelivery' })

type Row = z.infer<typeof exportedRow>
const COLUMNS = Object.keys(exportedRow.shape) as (keyof Row)[]

interface Format {
  contentType: string
  lines: (pages: AsyncIterable<ExportedEvent[]>) => AsyncIterable<string>
}

const FORMATS: Record<'csv' | 'ndjson', Format> = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    lines: async function* (pages) {
      let head = csvLine(COLUMNS)
      for await (const page of pages) {
        yield head + page.flatMap(toRows).map((row) => csvLine(COLUMNS.map((column) => row[column]))).join('')
        head = ''
      }
      if (head !== '') yield head
    },
  },
  ndjson: {
    contentType: 'application/x-ndjson; charset=utf-8',
    lines: async function* (pages) {
      for await (const page of pages) yield page.flatMap(toRows).map((row) => `${JSON.stringify(row)}\n`).join('')
    },
  },
}

const toRows = ({ event, deliveries }: ExportedEvent): Row[] =>
  deliveries.length === 0 ? [ofEvent(event)] : deliveries.map((delivery) => ({ ...ofEvent(event), ...ofDelivery(delivery) }))

const ofEvent = ({ id, type, typeId, entityId, createdAt, sequence, deliverAt, cancelledAt }: ExportedEvent['event']): Row => ({
  eventId: id,
  type,
  typeId,
  entityId,
  publishedAt: createdAt.toISOString(),
  ...(sequence !== undefined && { sequence }),
  ...(deliverAt && { deliverAt: deliverAt.toISOString() }),
  ...(cancelledAt && { cancelledAt: cancelledAt.toISOString() }),
})

function ofDelivery({ id, webhookId, status, posts, lastOutcome, parkedAt, parkedReason, expiredReason, cancelledReason, replayedBy }: Delivery): Partial<Row> {
  const at = lastOutcome?.at.toISOString()
  return {
    deliveryId: id,
    webhookId,
    status,
    attemptCount: posts,
    ...(status === 'delivered' && at !== undefined && { deliveredAt: at }),
    ...(at !== undefined && { lastAttemptAt: at }),
    ...(lastOutcome?.status !== undefined && { lastStatus: lastOutcome.status }),
    ...(lastOutcome?.reason && { lastReason: lastOutcome.reason }),
    ...(parkedAt && { parkedAt: parkedAt.toISOString() }),
    ...(parkedReason && { parkedReason }),
    ...(expiredReason && { expiredReason }),
    ...(cancelledReason && { cancelledReason }),
    ...(replayedBy && { replayedBy }),
  }
}
