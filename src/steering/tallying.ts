import { floorTo, SPAN_MS, type Span } from '../domain/spans'
import { addCounts, noCounts } from '../domain/tally'
import type { BacklogStore } from '../store/backlogs'
import type { Tally, TallyProgress, TallyStore } from '../store/tallies'
import type { TallySources } from '../store/tally-sources'

export interface TallyingTimes {
  everyMs: number
  /** A minute is counted for good so long after its end: by then, whatever MongoDB has dated into it is to be seen. */
  settleMs: number
}

export interface TallyingDeps {
  tallies: TallyStore
  sources: TallySources
  backlogs: Pick<BacklogStore, 'sample'>
  /** True for one process at a time, until `forMs` have passed. */
  takeTurn: (forMs: number) => Promise<boolean>
  times: TallyingTimes
  stopping: AbortSignal
}

/** Counts what was delivered, failed and parked: minute by minute, then hours from minutes and days from hours. */
export interface Tallying {
  /** Counts what has come since. In one process at a time, for its load; two of them count the same. */
  count: () => Promise<void>
}

/** Of the time between two rounds, what one may take. */
const SHARE = 0.8
/** Counting what stands still reads each of it, in about a hundredth of this: where it is much, it is counted less often. */
const REST_MS_PER_DELIVERY = 0.1

export function createTallying({ tallies, sources, backlogs, takeTurn, times, stopping }: TallyingDeps): Tallying {
  /** Minutes that were counted once since they ended: they are counted again when they settle, and not before. */
  const counted = new Set<number>()
  let nextSampleAt = 0

  async function minutes({ settledUntil }: TallyProgress, now: number, goOn: () => boolean): Promise<void> {
    for (let at = settledUntil.getTime(); at <= now && goOn(); at += SPAN_MS.minute) {
      const end = at + SPAN_MS.minute
      const settles = end + times.settleMs <= now
      if (!settles && counted.has(at)) continue
      await tallies.write('minute', at, await sources.count(at, end))
      if (end <= now) counted.add(at)
      if (settles) counted.delete(at)
      await tallies.advance({ countedUntil: new Date(Math.min(end, floorTo(now, 1_000))), ...(settles && { settledUntil: new Date(end) }) })
    }
  }

  /** Adds up the parts of every span that is over and whose parts are counted for good. */
  async function addUp(span: Span, part: Span, from: Date, partsUntil: Date): Promise<Date> {
    let at = from.getTime()
    for (const end = floorTo(partsUntil.getTime(), SPAN_MS[span]); at < end && !stopping.aborted; at += SPAN_MS[span]) {
      const sums = new Map<string, Tally>()
      for await (const { tenantId, webhookId, counts } of tallies.within(part, at, at + SPAN_MS[span])) {
        const key = `${tenantId}/${webhookId}`
        const sum = sums.get(key) ?? { tenantId, webhookId, counts: noCounts() }
        addCounts(sum.counts, counts)
        sums.set(key, sum)
      }
      await tallies.write(span, at, [...sums.values()])
      await tallies.advance({ [span === 'hour' ? 'hoursUntil' : 'daysUntil']: new Date(at + SPAN_MS[span]) })
    }
    return new Date(at)
  }

  async function sample(now: Date): Promise<void> {
    if (performance.now() < nextSampleAt) return
    const standing = await backlogs.sample(now)
    nextSampleAt = performance.now() + standing * REST_MS_PER_DELIVERY
  }

  return {
    count: async () => {
      const endsAt = Date.now() + times.everyMs * SHARE
      if (!(await takeTurn(times.everyMs * SHARE))) return
      const goOn = (): boolean => Date.now() < endsAt && !stopping.aborted
      const { now, progress } = await tallies.progress()
      await minutes(progress, now.getTime(), goOn)
      const { settledUntil, hoursUntil, daysUntil } = (await tallies.progress()).progress
      const hours = await addUp('hour', 'minute', hoursUntil, settledUntil)
      await addUp('day', 'hour', daysUntil, hours)
      await sample(now)
    },
  }
}
