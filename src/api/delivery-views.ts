import { z } from 'zod'
import { CANCELLED_REASONS, DELIVERY_STATUSES, EXPIRED_REASONS, PARKED_REASONS, type Delivery } from '../domain/delivery'
import { FAILURE_REASONS } from '../domain/outcome'
import type { WorkflowLink } from './temporal-ui'
import { named, removalTime, time } from './views'

const lastOutcomeView = z.object({
  kind: z.enum(['delivered', 'failed', 'gone', 'blocked', 'unknown']),
  at: time,
  attempt: z.int().describe('The number of the attempt'),
  status: z.int().optional().describe('The HTTP status of the answer'),
  reason: z.enum(FAILURE_REASONS).optional(),
  detail: z.string().optional(),
})

const summary = {
  id: z.string(),
  webhookId: z.string(),
  status: z.enum(DELIVERY_STATUSES),
  round: z.int().describe('Manual retries so far; 0 is the first round.'),
  attemptCount: z.int().describe('POSTs begun in all'),
  createdAt: time,
  updatedAt: time,
  nextAttemptAt: time.optional(),
  queued: z
    .literal(true)
    .optional()
    .describe('Waits in its webhook\'s queue: the webhook has as many requests as it may, or is ordered, or its receiver has asked for a pause. Uses up no attempt.'),
  lastOutcome: lastOutcomeView.optional(),
  removeAt: removalTime.optional(),
}

export const deliverySummaryView = z.object(summary)
named.add(deliverySummaryView, { id: 'DeliverySummary' })

export const deliveryView = z.object({
  ...summary,
  eventId: z.string(),
  type: z.string(),
  typeId: z.int(),
  entityId: z.string(),
  orderingKey: z.string().optional().describe('To an ordered webhook: it arrives one after the other with those of the same key.'),
  parkedAt: time.optional(),
  parkedReason: z.enum(PARKED_REASONS).optional(),
  expiresAt: time.optional().describe('When a parked delivery is given up'),
  expiryNoticedAt: time.optional(),
  expireAt: time.optional().describe("The event's: not attempted after"),
  expiredReason: z.enum(EXPIRED_REASONS).optional(),
  cancelledReason: z.enum(CANCELLED_REASONS).optional().describe('None where a person has cancelled it, or its webhook was deleted.'),
  replayedBy: z
    .string()
    .optional()
    .describe('The replay (a release) that made this delivery. The event may have others to the same webhook: all carry the same `webhook-id`.'),
  workflowId: z.string(),
  workflowUrl: z.string().optional().describe("The workflow's page in Temporal's UI"),
})
named.add(deliveryView, { id: 'Delivery' })

export function toDeliverySummary(delivery: Delivery): z.infer<typeof deliverySummaryView> {
  const { id, webhookId, status, round, posts, createdAt, updatedAt, nextAttemptAt, queue, lastOutcome, removeAt } = delivery
  return {
    id,
    webhookId,
    status,
    round,
    attemptCount: posts,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ...(nextAttemptAt && { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...(queue && { queued: true as const }),
    ...(lastOutcome && { lastOutcome: { ...lastOutcome, at: lastOutcome.at.toISOString() } }),
    ...(removeAt && { removeAt: removeAt.toISOString() }),
  }
}

/** `type` is the name of the delivery's type. */
export function toDeliveryView(delivery: Delivery, type: string, link: WorkflowLink): z.infer<typeof deliveryView> {
  const { eventId, typeId, entityId, orderingKey, parkedAt, parkedReason, expiresAt, expiryNoticedAt, expireAt, expiredReason, cancelledReason, replayedBy, workflowId } =
    delivery
  return {
    ...toDeliverySummary(delivery),
    eventId,
    type,
    typeId,
    entityId,
    ...(orderingKey !== undefined && { orderingKey }),
    ...(parkedAt && { parkedAt: parkedAt.toISOString() }),
    ...(parkedReason && { parkedReason }),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(expiryNoticedAt && { expiryNoticedAt: expiryNoticedAt.toISOString() }),
    ...(expireAt && { expireAt: expireAt.toISOString() }),
    ...(expiredReason && { expiredReason }),
    ...(cancelledReason && { cancelledReason }),
    ...(replayedBy && { replayedBy }),
    workflowId,
    ...link(workflowId),
  }
}
