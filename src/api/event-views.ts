import { z } from 'zod'
import { MAX_BATCH } from '../domain/event'
import { BUILT_IN_DATA, CUSTOM_DATA } from '../domain/event-types'
import { ORDERING_KEY_MAX } from '../domain/ordering'
import { PRIORITIES } from '../domain/timing'
import { deliverySummaryView } from './delivery-views'
import { named, problem, removalTime, time } from './views'

const id = z.string().meta({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

const dataOf = (typeId: number, name: string): z.ZodType => {
  const schema = BUILT_IN_DATA.get(typeId) ?? CUSTOM_DATA
  named.add(schema, { id: name })
  return schema
}

const priority = z.int().min(PRIORITIES.most).max(PRIORITIES.least)

const data = z.union([
  dataOf(1, 'AccountData'),
  dataOf(3, 'CustomerData'),
  dataOf(5, 'TransactionData'),
  dataOf(6, 'ReversalData'),
  dataOf(0, 'CustomData'),
])

export const publishShown = z
  .strictObject({
    id: id.optional().describe('Made by Herald when not given. Publishing the same id again is safe.'),
    type: z.union([z.string(), z.int()]).describe('The name of an event type or its Event ID.'),
    data: data.describe('Further fields are kept; the bytes reach the receivers as they are.'),
    deliverAt: time
      .optional()
      .describe('Not delivered before, at most 366 days ahead; a time that has passed means at once. Any zone: `2026-01-31T13:00:00+01:00`.'),
    expireAt: time
      .optional()
      .describe('Not attempted after: what is not delivered by then becomes `expired`. Later than now and than `deliverAt`.'),
    priority: priority
      .optional()
      .describe('1 is the most urgent: before others where events have to wait. When not given: transactions 2, what creates 3, what updates 4, registered types 3.'),
    orderingKey: z
      .string()
      .min(1)
      .max(ORDERING_KEY_MAX)
      .optional()
      .describe('Webhooks with `ordering: "key"` get events with the same one in publish order, one at a time. `data.id` when not given.'),
  })
  .meta({
    examples: [
      { type: 'CREATE ACCOUNT', data: { id: 'acc-4711', accountType: 'Savings', currency: 'EUR', balance: '1.10' } },
      { id: 'tx-2026-000017', type: 5, data: { id: 'tx-17', amount: '250.00', currency: 'KES', direction: 'credit' } },
    ],
  })
named.add(publishShown, { id: 'PublishEvent' })

export const batchShown = z.strictObject({ events: z.array(publishShown).min(1).max(MAX_BATCH) })
named.add(batchShown, { id: 'PublishBatch' })

const published = {
  id,
  type: z.string(),
  typeId: z.int().describe('The Event ID'),
  createdAt: time,
  deliverAt: time.optional(),
  expireAt: time.optional(),
  cancelledAt: time.optional().describe('It was cancelled before its time, and is not delivered.'),
  workflowId: z.string().optional().describe('Not yet known when the start takes longer than the answer, before `deliverAt`, or where another process has accepted the event in this moment.'),
}

export const publishedView = z.object(published)
named.add(publishedView, { id: 'PublishedEvent' })

const batchEntry = z.union([z.object({ status: z.union([z.literal(200), z.literal(202)]), ...published }), problem])
export const batchView = z.object({ data: z.array(batchEntry) })
named.add(batchView, { id: 'PublishedBatch' })

export const eventSummaryView = z.object({
  id,
  type: z.string(),
  typeId: z.int(),
  entityId: z.string().describe("The entity's ID, `data.id`"),
  createdAt: time,
  sequence: z
    .int()
    .optional()
    .describe('Grows with publish order, with gaps; receivers get it too, and may drop an update with a lower one than they have seen of its entity. None on events from before there were sequences.'),
  priority: priority.describe('As it was given, or that of its type'),
  orderingKey: z.string().describe('As it was given, or the ID of the entity'),
  deliverAt: time.optional().describe('Not delivered before'),
  expireAt: time.optional().describe('Not attempted after'),
  cancelledAt: time.optional().describe('It was cancelled before its time, and is not delivered.'),
  erasedAt: time.optional().describe('Its data was erased, and it is not delivered again.'),
  removeAt: removalTime.optional(),
  workflowId: z.string().optional(),
  workflowUrl: z.string().optional().describe("The workflow's page in Temporal's UI"),
})
named.add(eventSummaryView, { id: 'EventSummary' })

export const eventView = eventSummaryView.extend({
  deliveries: z.array(deliverySummaryView).describe('The newest 200; all of them: `GET /v1/deliveries?eventId=`.'),
  data: z.unknown().describe('As it was published, byte for byte; without the scope `data`, its structure with every value masked. null when it was erased.'),
  masked: z.literal(true).optional().describe('The values of `data` are masked: the caller has not the scope `data`.'),
})
named.add(eventView, { id: 'Event' })
