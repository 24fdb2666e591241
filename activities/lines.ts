import { FINAL_STATUSES, postsInRound, UNDER_WAY, type Delivery, type DeliveryStatus } from '../src/domain/delivery'
import { deliveryId } from '../src/domain/ids'
import { orderingKeyOf, turnOf } from '../src/domain/ordering'
import type { OpenWebhook } from '../src/domain/webhook'
import type { ActivityDeps } from './deps'
import { createWanted } from './wanted'

/** What one run of the queue knows of the lines of an ordered webhook. */
export interface Lines {
  /** By ordering key, the last turn that was read. What came later may have something before it that was not. */
  known: Map<string, number>
  /** Of a line, so many are taken at a time. */
  atOnce: number
  /** When it last looked for what no turn brings. */
  lookedAt?: number
}

/** Deliveries that go one after the other; several such lines go side by side. */
export type Chain = [Delivery, ...Delivery[]]

export interface Taken {
  chains: Chain[]
  /** Something has moved: looking again may show more. */
  moved: boolean
}

type LineDeps = Pick<ActivityDeps, 'lines' | 'events' | 'queue' | 'logger'>

/** More of a line than is taken at a time. */
const READ = 16
export const MOST_AT_ONCE = 8
/** Among so many one is looked for that may go. */
const HELD = 200
const LOOK_EVERY_MS = 1_000

export const newLines = (): Lines => ({ known: new Map(), atOnce: 2 })

/**
 * Of the lines of those that are due, the first few that may be attempted now, `most` in all. Read in this
 * order: what is due, what of it the journal still has to dispatch, the lines. Whatever was published before
 * something that is due has a delivery in the line by then, or was seen in the journal.
 */
export async function takeInOrder(deps: LineDeps, webhook: OpenWebhook, lines: Lines, due: Delivery[], most: number): Promise<Taken> {
  const { tenantId } = webhook
  const found = await look(deps, webhook, lines, due)
  const placed = await givePlaces(deps, tenantId, due)
  for (const { orderingKey = '', turn = 0 } of placed) lines.known.set(orderingKey, Math.max(turn, lines.known.get(orderingKey) ?? 0))
  const releaseId = due[0]?.releaseId
  // At the pace of a release goes only what belongs to it.
  const keys = releaseId === undefined ? [...lines.known.keys()] : [...new Set(placed.map(({ orderingKey = '' }) => orderingKey))]
  const stops = await stopsOf(deps, webhook, keys)
  const cuts = await Promise.all(keys.map(async (key) => cut(webhook, lines, key, await readLine(deps, webhook, key), stops.get(key), releaseId)))
  const standing = new Set(cuts.flatMap(({ chain }) => chain.map(({ id }) => id)))
  const behind = due.filter(({ id }) => !standing.has(id)).map(({ id }) => id)
  const through = cuts.flatMap((line) => line.through)
  await Promise.all([
    deps.lines.stepBack(tenantId, behind),
    deps.lines.comeForward(tenantId, cuts.flatMap(({ elsewhere }) => elsewhere)),
    deps.lines.leave(tenantId, through),
  ])
  return { chains: inTurn(cuts.map(({ chain }) => chain), most), moved: found || behind.length > 0 || cuts.some(({ again }) => again) }
}

/** The oldest held delivery of a suspended webhook that nothing of its key stands before; none where there is none among the first. */
export async function heldInOrder(deps: LineDeps, webhook: OpenWebhook): Promise<Delivery[]> {
  const held = await deps.queue.held(webhook.tenantId, webhook.id, HELD)
  const keys = [...new Set(held.flatMap(({ orderingKey, turn }) => (turn === undefined ? [] : (orderingKey ?? []))))]
  const stops = await stopsOf(deps, webhook, keys)
  for (const delivery of held) {
    const { orderingKey, turn } = delivery
    if (orderingKey === undefined || turn === undefined) return [delivery]
    const first = (await readLine(deps, webhook, orderingKey)).find(({ status }) => !isThrough(webhook, status))
    if (first?.status === 'held' && (first.turn ?? 0) < (stops.get(orderingKey) ?? Infinity)) return [first]
  }
  return []
}

const readLine = ({ lines }: LineDeps, { tenantId, id }: OpenWebhook, key: string): Promise<Delivery[]> => lines.first(tenantId, id, key, READ)

/** A key does not wait for it, or not any more. */
const isThrough = ({ onExhausted }: OpenWebhook, status: DeliveryStatus): boolean =>
  FINAL_STATUSES.includes(status) || (status === 'parked' && onExhausted === 'skip')

/** At the beginning of a run, and when nothing is due: whatever a kill, a cancel or an edit has left without a turn. */
async function look(deps: LineDeps, webhook: OpenWebhook, lines: Lines, due: Delivery[]): Promise<boolean> {
  const now = performance.now()
  if (lines.lookedAt !== undefined && (due.length > 0 || now - lines.lookedAt < LOOK_EVERY_MS)) return false
  lines.lookedAt = now
  const through: DeliveryStatus[] = [...FINAL_STATUSES, ...(webhook.onExhausted === 'skip' ? ['parked' as const] : [])]
  const stranded = await deps.lines.stranded(webhook.id, through)
  const behind = stranded.filter(({ queue }) => queue === 'behind')
  const stops = await stopsOf(deps, webhook, behind.map(({ orderingKey = '' }) => orderingKey))
  // What the journal still has before it would be sent back at once.
  const first = behind.filter(({ orderingKey = '', turn = 0 }) => turn < (stops.get(orderingKey) ?? Infinity))
  const gone = stranded.filter(({ queue }) => queue !== 'behind')
  await deps.lines.comeForward(webhook.tenantId, first.map(({ id }) => id))
  await deps.lines.leave(webhook.tenantId, gone.map(({ id }) => id))
  return first.length + gone.length > 0
}

/** What came to the queue from elsewhere, or was skipped before, joins the line where its event belongs. */
async function givePlaces({ lines, events }: LineDeps, tenantId: string, due: Delivery[]): Promise<Delivery[]> {
  const without = due.filter(({ turn }) => turn === undefined)
  if (without.length === 0) return due
  const loaded = await events.load(tenantId, [...new Set(without.map(({ eventId }) => eventId))])
  const places = new Map(loaded.map((event) => [event.id, { orderingKey: orderingKeyOf(event), turn: turnOf(event) }]))
  const placed = due.map((delivery) => (delivery.turn === undefined ? { ...delivery, ...places.get(delivery.eventId) } : delivery))
  await lines.join(tenantId, placed.flatMap(({ id, orderingKey, turn }) => (orderingKey !== undefined && turn !== undefined && without.some((one) => one.id === id) ? [{ id, orderingKey, turn }] : [])))
  return placed
}

/** By key, the first event that is in the journal, goes to the webhook, and has no delivery yet. */
async function stopsOf({ lines, events, logger }: LineDeps, webhook: OpenWebhook, keys: string[]): Promise<Map<string, number>> {
  const { tenantId } = webhook
  const stops = new Map<string, number>()
  if (keys.length === 0) return stops
  const wanted = createWanted([webhook], logger)
  const waiting = (await events.undispatched(tenantId, keys, webhook.filter !== undefined)).filter((event) => wanted(event).length > 0)
  const ids = waiting.map(({ id, createdAt }) => deliveryId(tenantId, id, createdAt, webhook.id))
  const existing = await lines.existing(tenantId, ids)
  for (const [i, event] of waiting.entries()) {
    if (existing.has(ids[i] ?? '')) continue
    const key = orderingKeyOf(event)
    stops.set(key, Math.min(turnOf(event), stops.get(key) ?? Infinity))
  }
  return stops
}

interface Cut {
  chain: Delivery[]
  /** For which nobody waits. */
  through: string[]
  /** Its turn comes with others of its release. */
  elsewhere: string[]
  /** The next look shows more. */
  again: boolean
}

/** The first of a line that may go now. */
function cut(webhook: OpenWebhook, lines: Lines, key: string, line: Delivery[], stop = Infinity, releaseId?: string): Cut {
  const { maximumAttempts } = webhook.retry
  const last = Math.min(lines.known.get(key) ?? 0, stop - 1)
  const through = line.filter(({ status }) => isThrough(webhook, status)).map(({ id }) => id)
  const waiting = line.filter(({ status }) => !isThrough(webhook, status))
  const now = new Date()
  const chain: Delivery[] = []
  let elsewhere: string[] = []
  for (const delivery of waiting.slice(0, lines.atOnce)) {
    if ((delivery.turn ?? 0) > last || !mayGo(delivery, now)) break
    if (delivery.releaseId !== releaseId) {
      if (chain.length === 0 && delivery.queue === 'behind') elsewhere = [delivery.id]
      break
    }
    const isUsedUp = postsInRound(delivery) >= maximumAttempts
    // It is about to be parked: what comes after it waits for that.
    if (isUsedUp && chain.length > 0) break
    chain.push(delivery)
    if (isUsedUp) break
  }
  const [first] = waiting
  // It has been read now: the journal is asked once more, then it may go.
  const isNew = first !== undefined && mayGo(first, now) && (first.turn ?? 0) > last && (first.turn ?? 0) < stop
  const again = isNew || through.length > 0 || elsewhere.length > 0
  if (chain.length === 0 && !again) lines.known.delete(key)
  else lines.known.set(key, Math.max(line.at(-1)?.turn ?? 0, lines.known.get(key) ?? 0))
  return { chain, through, elsewhere, again }
}

const mayGo = ({ status, queue, token, nextAttemptAt }: Delivery, now: Date): boolean =>
  UNDER_WAY.includes(status) && queue !== undefined && token === undefined && nextAttemptAt !== undefined && nextAttemptAt <= now

/** The first of every line, then the second ones, until there are enough. */
export function inTurn(all: Delivery[][], most: number): Chain[] {
  const lengths = all.map(() => 0)
  let left = most
  for (let place = 0; left > 0 && all.some((chain) => chain.length > place); place += 1) {
    for (const [i, chain] of all.entries()) {
      if (left === 0 || chain.length <= place) continue
      lengths[i] = place + 1
      left -= 1
    }
  }
  return all.map((chain, i) => chain.slice(0, lengths[i])).filter((chain): chain is Chain => chain.length > 0)
}
