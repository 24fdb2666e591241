/** What the charts need of `GET /v1/stats`; times in RFC 3339. */
export interface Counted {
  to: string
  countedUntil?: string
  series: {
    from: string
    delivered: number
    failed: number
    arrival?: { p50: number; p99: number }
    backlog?: { parked: number; held: number }
  }[]
}

/** A step as the charts draw it; what is not known is left out. */
export interface Point {
  at: number
  deliveredPerMinute?: number
  failedPerMinute?: number
  p50?: number
  p99?: number
  parked?: number
  held?: number
}

/** A step that has hardly begun says nothing of a rate; what stands, and how long it took, it tells at once. */
const BEGUN = 0.2

export function toPoints({ series, countedUntil, to }: Counted): Point[] {
  const starts = series.map(({ from }) => new Date(from).getTime())
  const until = new Date(countedUntil ?? to).getTime()
  return series.flatMap(({ delivered, failed, arrival, backlog }, i) => {
    const at = starts[i] ?? 0
    const length = (starts[1] ?? new Date(to).getTime()) - (starts[0] ?? 0)
    const seen = Math.min(length, until - at)
    const perMinute = (count: number): number => Math.round((count / (seen / 60_000)) * 100) / 100
    const rates = seen < length * BEGUN ? {} : { deliveredPerMinute: perMinute(delivered), failedPerMinute: perMinute(failed) }
    const point = { at, ...rates, ...arrival, ...backlog }
    // Nothing is known of a step to come.
    return Object.keys(point).length === 1 ? [] : [point]
  })
}
