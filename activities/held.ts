import type { Delivery } from '../src/domain/delivery'
import type { HeraldEvent } from '../src/domain/event'
import { hasExpired } from '../src/domain/timing'
import type { OpenWebhook } from '../src/domain/webhook'
import type { ActivityDeps } from './deps'
import { throughOf } from './line-cut'
import { stopsOf } from './line-stops'

type HeldDeps = Pick<ActivityDeps, 'queue' | 'lines' | 'events' | 'deliveries' | 'logger'>

/** Among so many, a page at a time, one is looked for that may go; the next look goes on from there. */
const PAGE = 200
const PAGES = 25
/** So many are passed over in a look, since their data cannot be opened. */
const UNOPENED = 20

/** What a suspended webhook is tried with, and its event: the oldest whose data can be opened. */
export async function oldestThatOpens(deps: HeldDeps, webhook: OpenWebhook, from: { held?: string }): Promise<{ delivery: Delivery; event: HeraldEvent } | undefined> {
  const unopened = new Set<string>()
  while (unopened.size < UNOPENED) {
    const delivery = await oldestHeld(deps, webhook, from, unopened)
    if (!delivery) return undefined
    const [event] = await deps.events.load(webhook.tenantId, [delivery.eventId])
    if (event) return { delivery, event }
    unopened.add(delivery.id)
    from.held = delivery.id
  }
  return undefined
}

/**
 * What a suspended webhook is tried with: the oldest that is held and has not expired; of an ordered one the
 * oldest that nothing of its key stands before. `from` remembers how far a look has come that found none.
 */
export async function oldestHeld(deps: HeldDeps, webhook: OpenWebhook, from: { held?: string }, without: ReadonlySet<string> = new Set()): Promise<Delivery | undefined> {
  const { tenantId, id } = webhook
  for (let page = 0; page < PAGES; page += 1) {
    const held = await deps.queue.held(tenantId, id, PAGE, from.held ?? '')
    const standing = await withoutLate(deps, tenantId, held)
    const found = webhook.ordering ? await firstOfLine(deps, webhook, standing, without) : standing.find((delivery) => !without.has(delivery.id))
    const isLast = held.length < PAGE
    from.held = found || isLast ? undefined : held.at(-1)?.id
    if (found || isLast) return found
  }
  return undefined
}

/** Those that still wait; the others expire now, and not with the next regular look. */
async function withoutLate({ deliveries }: HeldDeps, tenantId: string, held: Delivery[]): Promise<Delivery[]> {
  const now = new Date()
  const late = held.filter((delivery) => hasExpired(delivery, now))
  if (late.length > 0) await deliveries.expireEvents(tenantId, late.map(({ id }) => id), now)
  return held.filter((delivery) => !late.includes(delivery))
}

async function firstOfLine(deps: HeldDeps, webhook: OpenWebhook, held: Delivery[], without: ReadonlySet<string>): Promise<Delivery | undefined> {
  const keyOf = ({ orderingKey, turn }: Delivery): string | undefined => (turn === undefined ? undefined : orderingKey)
  const stops = await stopsOf(deps, webhook, [...new Set(held.flatMap((delivery) => keyOf(delivery) ?? []))])
  const seen = new Set<string>()
  for (const delivery of held) {
    const key = keyOf(delivery)
    if (key === undefined && !without.has(delivery.id)) return delivery
    if (key === undefined) continue
    if (seen.has(key)) continue
    seen.add(key)
    const [first] = await deps.lines.first(webhook.tenantId, webhook.id, key, 1, throughOf(webhook))
    if (first?.status === 'held' && !without.has(first.id) && !hasExpired(first, new Date()) && (first.turn ?? 0) < (stops.get(key) ?? Infinity)) return first
  }
  return undefined
}
