/** Lengths of time that are counted apart; each holds whole ones of the one before. All lie on UTC. */
export const SPANS = ['minute', 'hour', 'day'] as const
export type Span = (typeof SPANS)[number]

export const SPAN_MS: Readonly<Record<Span, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

export const floorTo = (time: number, stepMs: number): number => time - (time % stepMs)
export const ceilTo = (time: number, stepMs: number): number => floorTo(time + stepMs - 1, stepMs)

/** A stretch of time, to be read from what was counted by one length; `to` is not included. In ms since 1970. */
export interface Stretch {
  span: Span
  from: number
  to: number
}

/** Until when each length is counted; not the minutes, which are counted as they pass. */
export type CountedUntil = Readonly<Record<'hour' | 'day', number>>

/**
 * The fewest spans that make up a time whose ends are whole minutes: the longest ones inside, shorter ones
 * at its ends and where the longer ones are not counted yet.
 */
export function stretchesOf(from: number, to: number, until: CountedUntil, longest: Span = 'day'): Stretch[] {
  const stretches: Stretch[] = []
  const usable = SPANS.slice(0, SPANS.indexOf(longest) + 1).toReversed()
  const fits = (at: number) => (span: Span) =>
    at % SPAN_MS[span] === 0 && at + SPAN_MS[span] <= Math.min(to, span === 'minute' ? Infinity : until[span])
  for (let at = from; at < to; ) {
    const span = usable.find(fits(at)) ?? 'minute'
    const end = at + SPAN_MS[span]
    const last = stretches.at(-1)
    if (last?.span === span) last.to = end
    else stretches.push({ span, from: at, to: end })
    at = end
  }
  return stretches
}
