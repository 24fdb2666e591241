import { ceilTo, floorTo, SPAN_MS, type Span } from './spans'

const { minute, hour, day } = SPAN_MS

/** How long counts are kept: short spans for as long as somebody looks at them closely. */
export const KEPT_MS: Readonly<Record<Span, number>> = { minute: 8 * day, hour: 100 * day, day: 400 * day }

export const LONGEST_WINDOW_MS = 31 * day
export const USUAL_WINDOW_MS = day

/** A time that is looked at, in steps of equal length. In ms since 1970; `to` is not included. */
export interface Window {
  from: number
  to: number
  stepMs: number
}

/** For windows of up to so long: the step of a chart, and of the small one in a table. */
const STEPS = [
  { upToMs: 2 * hour, stepMs: minute, sparkMs: 5 * minute },
  { upToMs: 6 * hour, stepMs: 5 * minute, sparkMs: 15 * minute },
  { upToMs: 36 * hour, stepMs: 15 * minute, sparkMs: hour },
  { upToMs: 8 * day, stepMs: hour, sparkMs: 6 * hour },
  { upToMs: Infinity, stepMs: 6 * hour, sparkMs: day },
] as const

/** Widened to whole steps. What begins when minutes are not kept any more has steps of an hour at least. */
export function windowOf(from: number, to: number, now: number, detail: 'stepMs' | 'sparkMs' = 'stepMs'): Window {
  const chosen = STEPS.find(({ upToMs }) => to - from <= upToMs)?.[detail] ?? day
  const stepMs = from < now - KEPT_MS.minute + day ? Math.max(hour, chosen) : chosen
  return { from: floorTo(from, stepMs), to: ceilTo(to, stepMs), stepMs }
}

/** The longest span that a step is made of. */
export const spanOfStep = (stepMs: number): Span => (stepMs % day === 0 ? 'day' : stepMs % hour === 0 ? 'hour' : 'minute')
