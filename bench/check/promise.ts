import type { DeliveryStatus } from '../../src/domain/delivery'
import type { Post } from '../actors/receiver'
import type { Subscription } from '../bank'
import type { Records } from './records'

/** What a run should have led to. */
export interface Expected {
  /** Every accepted event, with its data as it was published. */
  events: ReadonlyMap<string, string>
  webhooks: readonly Subscription[]
  status: DeliveryStatus
  maximumAttempts: number
}

/** Holds the promise of the product against what was remembered and what arrived; answers the breaches. */
export function breaches(expected: Expected, records: Records, posts: Post[]): string[] {
  const found = [...recordBreaches(expected, records), ...postBreaches(expected, records, posts)]
  const shown = found.slice(0, 10)
  return found.length > shown.length ? [...shown, `and ${found.length - shown.length} more`] : shown
}

function recordBreaches({ events, webhooks, status, maximumAttempts }: Expected, records: Records): string[] {
  const { deliveries, attempts, eventIds } = records
  const missing = [...events.keys()].filter((id) => !eventIds.has(id)).map((id) => `event ${id} was accepted and is not in the journal`)
  const wanted = events.size * webhooks.length
  const count = deliveries.length === wanted ? [] : [`${deliveries.length} deliveries are on record, expected ${wanted}`]
  const wrong = deliveries.flatMap(({ _id, status: stands, posts, intents }) => {
    const numbers = attempts.get(_id) ?? new Set<number>()
    const complete = Array.from({ length: posts }, (_, i) => numbers.has(i + 1)).every(Boolean)
    return [
      ...(stands === status ? [] : [`delivery ${_id} is ${stands}, expected ${status}`]),
      ...(posts <= maximumAttempts ? [] : [`delivery ${_id} had ${posts} POSTs, the policy allows ${maximumAttempts}`]),
      ...(status !== 'parked' || posts === maximumAttempts ? [] : [`delivery ${_id} is parked after ${posts} POSTs`]),
      ...(intents.length === posts ? [] : [`delivery ${_id} has ${intents.length} intents for ${posts} POSTs`]),
      ...(complete && numbers.size === posts ? [] : [`delivery ${_id} has the attempts ${[...numbers].join()} for ${posts} POSTs`]),
    ]
  })
  return [...missing, ...count, ...wrong]
}

function postBreaches({ events, webhooks, maximumAttempts, status }: Expected, records: Records, posts: Post[]): string[] {
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
  if (status === 'delivered') {
    for (const key of deliveryOf.keys()) if (!first.has(key)) found.push(`delivery ${key} is on record as delivered and never arrived`)
  }
  return found
}
