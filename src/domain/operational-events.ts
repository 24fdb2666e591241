import { z } from 'zod'
import { PARKED_REASONS, type ParkedReason } from './delivery'
import type { EventType } from './event-types'

const time = z.string().meta({ format: 'date-time' })
const webhookId = z.string().describe('The webhook that it is about.')
const id = webhookId.describe('The same, as the entity of the event.')

/** Delivery ids that one event names. */
const MOST_NAMED = 20

const webhookChange = (status: string) =>
  z.object({
    id,
    webhookId,
    status: z.literal(status),
    reason: z.string().describe('Such as "by hand" or "answered 410".'),
    at: time,
  })

const parked = z.object({
  id,
  webhookId,
  count: z.int().describe('Deliveries of the webhook that were parked together.'),
  deliveryIds: z.array(z.string()).max(MOST_NAMED).describe('The first of them.'),
  reason: z.enum(PARKED_REASONS),
  since: time.describe('When the oldest of them began.'),
})

const released = z.object({
  id: z.string().describe('The release.'),
  action: z.string().describe('What it did: retry, resume, cancel or replay.'),
  status: z.string().describe('How it ended.'),
  total: z.int().describe('Deliveries that it was for.'),
  done: z.int().describe('Those that it came to.'),
  webhookId: webhookId.optional(),
  at: time,
})

/** What `data` holds, by type. */
export const OPERATIONAL_DATA = {
  'webhook.suspended': webhookChange('suspended'),
  'webhook.resumed': webhookChange('active'),
  'webhook.disabled': webhookChange('disabled'),
  'delivery.parked': parked,
  'release.finished': released,
} as const

export type OperationalType = keyof typeof OPERATIONAL_DATA

/** What Herald itself reports: webhooks may subscribe to it, and nobody may publish it. */
export const OPERATIONAL_EVENT_TYPES: readonly (EventType & { name: OperationalType })[] = [
  { id: 50, name: 'webhook.suspended', description: 'Herald holds back what a webhook would get.' },
  { id: 51, name: 'webhook.resumed', description: 'A webhook gets its deliveries again.' },
  { id: 52, name: 'webhook.disabled', description: 'A webhook gets no new deliveries.' },
  { id: 53, name: 'delivery.parked', description: 'Deliveries of a webhook are out of attempts and wait for a person.' },
  { id: 54, name: 'release.finished', description: 'A release of many deliveries has ended.' },
]

/** One thing that Herald reports. */
export type Notice = {
  [Type in OperationalType]: {
    type: Type
    tenantId: string
    /** What makes it this one and no other: the same type and key are told once, however often a step is repeated. */
    key: string
    data: z.infer<(typeof OPERATIONAL_DATA)[Type]>
  }
}[OperationalType]

/** By name or Event ID. */
export const operationalType = (nameOrId: string | number): (EventType & { name: OperationalType }) | undefined =>
  OPERATIONAL_EVENT_TYPES.find(({ id, name }) => id === nameOrId || name === nameOrId)

const ids: ReadonlySet<number> = new Set(OPERATIONAL_EVENT_TYPES.map(({ id }) => id))
export const isOperational = (typeId: number): boolean => ids.has(typeId)

/** What a step has parked together, told the same by each run of the step. */
export function parkedNotice(
  tenantId: string,
  webhookId: string,
  reason: ParkedReason,
  parked: readonly { id: string; round: number; createdAt: Date }[],
): Notice {
  const inOrder = parked.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const since = new Date(Math.min(...parked.map(({ createdAt }) => createdAt.getTime())))
  return {
    type: 'delivery.parked',
    tenantId,
    key: inOrder.map(({ id, round }) => `${id}/${round}`).join(','),
    data: {
      id: webhookId,
      webhookId,
      count: parked.length,
      deliveryIds: inOrder.slice(0, MOST_NAMED).map(({ id }) => id),
      reason,
      since: since.toISOString(),
    },
  }
}
