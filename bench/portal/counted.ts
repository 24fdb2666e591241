import { stepOf } from '../../src/domain/histogram'
import { floorTo, SPAN_MS, type Span } from '../../src/domain/spans'
import { noCounts, weightOf, type Counts } from '../../src/domain/tally'
import { KEPT_MS } from '../../src/domain/window'
import type { StoreConnection } from '../../src/store/connect'
import { ALL, type TallyRecord } from '../../src/store/tallies'

export interface Counted {
  tenantId: string
  webhookIds: readonly string[]
  /** In the 30 days before `until`. */
  deliveries: number
  /** Since then, Herald counts for itself. */
  until: Date
}

const DAYS = 30
/** How far back there is something to count, by length. Minutes are read at the ends of a window alone: of those between, a real store has more. */
const BACK_MS: Record<Span, number> = { minute: 26 * SPAN_MS.hour, hour: DAYS * SPAN_MS.day, day: DAYS * SPAN_MS.day }
const AT_ONCE = 5_000

/** What the counting leaves of so many deliveries, spread evenly, and what looking at the backlog does. */
export async function writeCounted({ models: { hot } }: StoreConnection, counted: Counted): Promise<number> {
  const now = counted.until.getTime()
  await inBatches(talliesOf(counted, now), (batch) => hot.tallies.insertMany(batch, { ordered: false, writeConcern: { w: 1 } }))
  await inBatches(backlogsOf(counted.tenantId, now), (batch) => hot.backlogs.insertMany(batch, { ordered: false, writeConcern: { w: 1 } }))
  return hot.tallies.countDocuments({ tenantId: counted.tenantId })
}

async function inBatches<T>(all: Iterable<T>, write: (batch: T[]) => Promise<unknown>): Promise<void> {
  let batch: T[] = []
  for (const one of all) {
    if (batch.push(one) < AT_ONCE) continue
    await write(batch)
    batch = []
  }
  if (batch.length > 0) await write(batch)
}

function* talliesOf({ tenantId, webhookIds, deliveries }: Counted, now: number): Generator<TallyRecord> {
  for (const span of ['minute', 'hour', 'day'] as const) {
    const length = SPAN_MS[span]
    const each = (deliveries * length) / (DAYS * SPAN_MS.day) / webhookIds.length
    for (let at = floorTo(now - BACK_MS[span], length); at + length <= now; at += length) {
      const record = (webhookId: string, counts: Counts): TallyRecord => ({
        _id: `${tenantId}/${webhookId}/${span}/${new Date(at).toISOString()}`,
        tenantId,
        webhookId,
        span,
        at: new Date(at),
        weight: weightOf(counts),
        ...counts,
        removeAt: new Date(at + length + KEPT_MS[span]),
      })
      yield record(ALL, countsOf(Math.round(each * webhookIds.length)))
      // Where a webhook has less than one in a span, only some have a record.
      for (const [i, id] of webhookIds.entries()) {
        const count = Math.floor(each) + ((i * 7 + at / length * 13) % 100 < (each % 1) * 100 ? 1 : 0)
        if (count > 0) yield record(id, countsOf(count))
      }
    }
  }
}

/** Most arrive soon, some late: over as many steps as there are, up to sixty. */
function countsOf(count: number): Counts {
  const counts = noCounts()
  const steps = Math.min(60, count)
  for (let i = 0; i < steps; i += 1) {
    const share = Math.floor(count / steps) + (i < count % steps ? 1 : 0)
    const step = stepOf(12 * 1.15 ** i)
    counts.arrival[step] = (counts.arrival[step] ?? 0) + share
    counts.answer[step] = (counts.answer[step] ?? 0) + share
  }
  counts.failed = Math.round(count * 0.03)
  counts.delivered = count - counts.failed
  counts.parked = Math.round(count * 0.01)
  return counts
}

function* backlogsOf(tenantId: string, now: number) {
  for (let at = floorTo(now - DAYS * SPAN_MS.day, SPAN_MS.minute); at < now; at += SPAN_MS.minute) {
    const time = new Date(at)
    yield { _id: `${tenantId}/${time.toISOString()}`, tenantId, at: time, parked: 20_000 + ((at / SPAN_MS.minute) % 97), held: (at / SPAN_MS.minute) % 53, removeAt: new Date(at + KEPT_MS.hour) }
  }
}
