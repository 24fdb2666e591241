import type { Delivery } from '../src/domain/delivery'
import { orderingKeyOf, turnOf } from '../src/domain/ordering'
import type { OpenWebhook } from '../src/domain/webhook'
import type { ActivityDeps } from './deps'
import { cut, READ, throughOf } from './line-cut'
import { stopsOf } from './line-stops'

/**
 * What one run of the queue knows of the lines of an ordered webhook. It may forget: what is through stays in
 * its line until the next one has its turn, and marks the line for the next look.
 */
export interface Lines {
  /** By ordering key, the last turn that was read; what was looked at longest ago comes first. What came later may have something before it that was not. */
  known: Map<string, number>
  /** Of a line, so many are taken at a time. */
  atOnce: number
  /** When it last looked for what no turn brings. */
  lookedAt?: number
  /** Not all that has moved was found by that look. */
  hasMore?: boolean
  /** How far this process has gone over the webhook's lines, one page a look, and over what is held, for a probe. */
  scan: { after: string; held?: string }
}

/** Deliveries that go one after the other; several such lines go side by side. */
export type Chain = [Delivery, ...Delivery[]]

export interface Taken {
  chains: Chain[]
  /** Something has moved: looking again may show more. */
  moved: boolean
}

type LineDeps = Pick<ActivityDeps, 'lines' | 'events' | 'queue' | 'logger'>

export const MOST_AT_ONCE = 8
/** So many lines are read at a time, and so many remembered, however many keys there are. */
const KEYS_AT_ONCE = 400
const KEYS_KNOWN = 2_000
const LOOK_EVERY_MS = 1_000
/** Found by one look: of what has moved, and of the lines that it goes over. */
const MOVED_A_LOOK = 1_000
const LINES_A_LOOK = 500
const ASK_AGAIN_MS = 1_000

export const newLines = (scan: Lines['scan']): Lines => ({ known: new Map(), atOnce: 2, scan })

/**
 * Of the lines of those that are due, the first few that may be attempted now, `most` in all. Read in this
 * order: what is due, what of it the journal still has to dispatch, the lines. Whatever was published before
 * something that is due has a delivery in the line by then, or was seen in the journal.
 */
export async function takeInOrder(deps: LineDeps, webhook: OpenWebhook, lines: Lines, due: Delivery[], most: number): Promise<Taken> {
  const { tenantId } = webhook
  await look(deps, webhook, lines, due)
  const placed = await givePlaces(deps, tenantId, due)
  for (const { orderingKey = '', turn = 0 } of placed) lines.known.set(orderingKey, Math.max(turn, lines.known.get(orderingKey) ?? 0))
  const releaseId = due[0]?.releaseId
  const keys = keysToRead(lines, placed, releaseId)
  const isMore = releaseId === undefined && lines.known.size > keys.length
  const stops = await stopsOf(deps, webhook, keys)
  const cuts = await Promise.all(keys.map(async (key) => cut(webhook, lines, key, await readLine(deps, webhook, key), stops.get(key), releaseId)))
  const standing = new Set(cuts.flatMap(({ chain, stopped }) => [...chain.map(({ id }) => id), ...stopped]))
  const behind = due.filter(({ id }) => !standing.has(id)).map(({ id }) => id)
  await Promise.all([
    deps.lines.stepBack(tenantId, behind),
    deps.lines.comeForward(tenantId, cuts.flatMap(({ elsewhere }) => elsewhere)),
    deps.lines.askAgain(tenantId, cuts.flatMap(({ stopped }) => stopped), new Date(Date.now() + ASK_AGAIN_MS)),
  ])
  // After that: what leaves has marked the line until the next one has its turn.
  await deps.lines.leave(tenantId, cuts.flatMap(({ leaving }) => leaving))
  forget(lines)
  return { chains: inTurn(cuts.map(({ chain }) => chain), most), moved: isMore || behind.length > 0 || cuts.some(({ again }) => again) }
}

/** Those that are due, and others that are known, in the order in which they were looked at. */
function keysToRead({ known }: Lines, due: Delivery[], releaseId: string | undefined): string[] {
  const keys = new Set(due.map(({ orderingKey = '' }) => orderingKey))
  // At the pace of a release goes only what belongs to it.
  if (releaseId !== undefined) return [...keys]
  for (const key of known.keys()) {
    if (keys.size >= KEYS_AT_ONCE) break
    keys.add(key)
  }
  return [...known.keys()].filter((key) => keys.has(key))
}

function forget({ known }: Lines): void {
  for (const key of known.keys()) {
    if (known.size <= KEYS_KNOWN) return
    known.delete(key)
  }
}

const readLine = ({ lines }: LineDeps, { tenantId, id }: OpenWebhook, key: string): Promise<Delivery[]> => lines.first(tenantId, id, key, READ)

/**
 * At the beginning of a run, and when nothing is due: the lines in which something is through, by whomever, and
 * a page of all lines. The first of these is behind where a record was lost, or an older Herald left it so.
 */
async function look(deps: LineDeps, webhook: OpenWebhook, lines: Lines, due: Delivery[]): Promise<void> {
  const now = performance.now()
  const isBusy = due.length > 0 || lines.known.size >= KEYS_AT_ONCE
  if (lines.lookedAt !== undefined && (isBusy || (!lines.hasMore && now - lines.lookedAt < LOOK_EVERY_MS))) return
  lines.lookedAt = now
  const [moved, stranded] = await Promise.all([
    deps.lines.moved(webhook.id, throughOf(webhook), MOVED_A_LOOK),
    deps.lines.stranded(webhook.id, lines.scan.after, LINES_A_LOOK),
  ])
  lines.hasMore = moved.length >= KEYS_AT_ONCE
  lines.scan.after = stranded.last ?? ''
  for (const key of [...moved, ...stranded.keys]) lines.known.set(key, lines.known.get(key) ?? 0)
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
