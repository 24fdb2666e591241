import { SPAN_MS } from '../../src/domain/spans'

/** What the lists can be asked about. */
export interface Asked {
  big: string
  small: string
  /** Types of the big webhook, and one that it never got. */
  usualType: number
  otherType: number
  entityId: string
  eventId: string
  oldest: Date
}

type Filter = Record<string, string>

/** Each filter that the page of the deliveries offers, with values that many, few and none have. */
function deliveryFilters({ big, small, usualType, otherType, entityId, eventId, oldest }: Asked): Filter[][] {
  return [
    ['delivered', 'parked', 'retrying', 'held', 'pending', 'cancelled', 'expired'].map((status) => ({ status })),
    [big, small].map((webhookId) => ({ webhookId })),
    [usualType, otherType].map((type) => ({ type: String(type) })),
    ['status', 'timeout', 'tls', 'blocked'].map((failureReason) => ({ failureReason })),
    [entityId, 'nobody'].map((entity) => ({ entityId: entity })),
    [eventId, 'none'].map((event) => ({ eventId: event })),
    windows(oldest),
  ]
}

/** As the page offers them, and a day long ago. */
function windows(oldest: Date): Filter[] {
  const now = Date.now()
  const since = [SPAN_MS.hour, SPAN_MS.day, 7 * SPAN_MS.day, 30 * SPAN_MS.day].map((ms) => ({ from: new Date(now - ms).toISOString() }))
  const long = new Date(oldest.getTime() + SPAN_MS.hour)
  return [...since, { from: long.toISOString(), to: new Date(long.getTime() + SPAN_MS.day).toISOString() }]
}

/** Alone, and each with each of another kind. */
const upToTwo = (kinds: Filter[][]): Filter[] => [
  {},
  ...kinds.flat(),
  ...kinds.flatMap((kind, i) => kinds.slice(i + 1).flatMap((other) => kind.flatMap((one) => other.map((two) => ({ ...one, ...two }))))),
]

/** Every list of the portal over what grows, and the counts beside them. */
export function questions(asked: Asked): string[] {
  const deliveries = upToTwo(deliveryFilters(asked))
  const events = upToTwo([[asked.usualType, asked.otherType].map((type) => ({ type: String(type) })), [{ entityId: asked.entityId }, { entityId: 'nobody' }], windows(asked.oldest)])
  const lines = upToTwo([
    [{ action: 'POST /v1/webhooks' }, { action: 'POST /v1/tenants' }],
    [{ actor: 'nobody' }],
    [{ target: asked.big }, { target: 'nothing' }],
    [{ address: '127.0.0.1' }, { address: '192.0.2.1' }],
    windows(asked.oldest),
  ])
  return [
    ...deliveries.map((filter) => to('/v1/deliveries', { ...filter, limit: '50' })),
    // The quick answers, the button that retries what the filter finds, and what it would say of any filter.
    ...deliveries.map((filter) => to('/v1/deliveries/count', filter)),
    ...events.map((filter) => to('/v1/events', { ...filter, limit: '50' })),
    ...lines.map((filter) => to('/v1/audit', { ...filter, limit: '50' })),
    '/v1/webhooks?limit=200',
  ]
}

const to = (path: string, filter: Filter): string => `${path}?${new URLSearchParams(filter).toString()}`

/** What the overview and the list of webhooks ask of the counts, for each window. */
export const statisticsQuestions = (webhookIds: readonly string[]): string[] => [
  ...windows(new Date(Date.now() - 29 * SPAN_MS.day)).map((window) => to('/v1/stats', window)),
  to('/v1/stats/webhooks', { webhookId: webhookIds.slice(0, 200).join(',') }),
]
