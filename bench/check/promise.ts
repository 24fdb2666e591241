import type { DeliveryStatus } from '../../src/domain/delivery'
import { groupBy } from '../../src/domain/group-by'
import type { DeliveryRecord } from '../../src/store/records'
import type { Post } from '../actors/receiver'
import type { Subscription } from '../bank'
import type { Records } from './records'

/** What some events should have led to. */
export interface Expected {
  /** Each was accepted, with its data as it was published. */
  events: ReadonlyMap<string, string>
  /** Each event goes to each of them. */
  webhooks: readonly Subscription[]
  /** A delivery stands at one of these in the end. */
  statuses: readonly DeliveryStatus[]
  maximumAttempts: number
}

/** Holds the promise of the product against what was remembered and what arrived; answers the breaches. */
export function breaches(expected: Expected[], records: Records, posts: Post[]): string[] {
  const deliveriesOf = groupBy(records.deliveries, ({ webhookId }) => webhookId)
  const postsAt = groupBy(posts, ({ path }) => path)
  const found = expected.flatMap((one) => {
    const deliveries = one.webhooks.flatMap(({ id }) => deliveriesOf.get(id) ?? [])
    const arrived = one.webhooks.flatMap(({ path = '' }) => postsAt.get(path) ?? [])
    const own = { ...records, deliveries }
    return [...recordBreaches(one, own), ...postBreaches(one, own, arrived)]
  })
  const all = [...strangers(expected, deliveriesOf, postsAt), ...found]
  const shown = all.slice(0, 10)
  return all.length > shown.length ? [...shown, `and ${all.length - shown.length} more`] : shown
}

/** What went to webhooks, and arrived at paths, of which nobody knows. */
function strangers(expected: Expected[], deliveriesOf: Map<string, unknown[]>, postsAt: Map<string, unknown[]>): string[] {
  const webhooks = expected.flatMap((one) => one.webhooks)
  const ids = new Set(webhooks.map(({ id }) => id))
  const paths = new Set(webhooks.map(({ path }) => path))
  return [
    ...[...deliveriesOf].filter(([id]) => !ids.has(id)).map(([id, all]) => `${all.length} deliveries are on record to the webhook ${id}, expected none`),
    ...[...postsAt].filter(([path]) => !paths.has(path)).map(([path, all]) => `${all.length} POSTs came to ${path}, expected none`),
  ]
}

function recordBreaches(expected: Expected, { deliveries, attempts, eventIds }: Records): string[] {
  const { events, webhooks } = expected
  const missing = [...events.keys()].filter((id) => !eventIds.has(id)).map((id) => `event ${id} was accepted and is not in the journal`)
  const wanted = events.size * webhooks.length
  const count = deliveries.length === wanted ? [] : [`${deliveries.length} deliveries are on record, expected ${wanted}`]
  const wrong = deliveries.flatMap((delivery) => deliveryBreaches(expected, delivery, attempts.get(delivery._id) ?? new Set<number>()))
  return [...missing, ...count, ...wrong]
}

function deliveryBreaches({ events, statuses, maximumAttempts }: Expected, delivery: DeliveryRecord, numbers: Set<number>): string[] {
  const { _id, eventId, status, posts, intents } = delivery
  const complete = Array.from({ length: posts }, (_, i) => numbers.has(i + 1)).every(Boolean)
  return [
    ...(events.has(eventId) ? [] : [`delivery ${_id} carries event ${eventId}, which does not go to webhook ${delivery.webhookId}`]),
    ...(statuses.includes(status) ? [] : [`delivery ${_id} is ${status}, expected ${statuses.join(' or ')}`]),
    ...(posts <= maximumAttempts ? [] : [`delivery ${_id} had ${posts} POSTs, the policy allows ${maximumAttempts}`]),
    ...(status !== 'parked' || posts === maximumAttempts ? [] : [`delivery ${_id} is parked after ${posts} POSTs`]),
    ...(intents.length === posts ? [] : [`delivery ${_id} has ${intents.length} intents for ${posts} POSTs`]),
    ...(complete && numbers.size === posts ? [] : [`delivery ${_id} has the attempts ${[...numbers].join()} for ${posts} POSTs`]),
  ]
}

function postBreaches({ events, webhooks, maximumAttempts }: Expected, records: Records, posts: Post[]): string[] {
  const webhookOf = new Map(webhooks.map(({ id, path }) => [path, id]))
  const deliveryOf = new Map(records.deliveries.map(({ _id, eventId, webhookId }) => [`${webhookId} ${eventId}`, _id]))
  const first = new Map<string, { body: string; count: number }>()
  const found: string[] = []
  for (const { path, id, attempt, body } of posts) {
    const key = `${webhookOf.get(path)} ${id}`
    const seen = first.get(key) ?? { body, count: 0 }
    first.set(key, { body: seen.body, count: seen.count + 1 })
    if (seen.body !== body) found.push(`event ${id} came to ${path} again with another body`)
    if (seen.count + 1 > maximumAttempts) found.push(`event ${id} came to ${path} ${seen.count + 1} times`)
    const delivery = deliveryOf.get(key)
    if (!delivery || !records.attempts.get(delivery)?.has(attempt)) found.push(`POST ${attempt} of event ${id} to ${path} has no attempt record`)
    const data = events.get(id)
    if (data === undefined || !body.endsWith(`,"data":${data}}`)) found.push(`event ${id} came to ${path} with other data`)
  }
  for (const { _id, webhookId, eventId, status } of records.deliveries) {
    if (status === 'delivered' && !first.has(`${webhookId} ${eventId}`)) found.push(`delivery ${_id} is on record as delivered and never arrived`)
  }
  return found
}
