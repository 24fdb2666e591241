import type { Schemas } from '../api/client'

/** A step as the charts draw it; what is not known is left out. */
export interface Point {
  at: number
  deliveredPerMinute: number
  failedPerMinute: number
  p50?: number
  p99?: number
  parked?: number
  held?: number
}

/** A step that has hardly begun says nothing of a rate. */
const BEGUN = 0.2

export function toPoints({ series, countedUntil, to }: Schemas['Statistics']): Point[] {
  const starts = series.map(({ from }) => new Date(from).getTime())
  const until = new Date(countedUntil ?? to).getTime()
  return series.flatMap(({ delivered, failed, arrival, backlog }, i) => {
    const at = starts[i] ?? 0
    const length = (starts[1] ?? new Date(to).getTime()) - (starts[0] ?? 0)
    const seen = Math.min(length, until - at)
    if (seen < length * BEGUN) return []
    const perMinute = (count: number): number => Math.round((count / (seen / 60_000)) * 100) / 100
    return [{ at, deliveredPerMinute: perMinute(delivered), failedPerMinute: perMinute(failed), ...arrival, ...backlog }]
  })
}
