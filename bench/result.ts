/** What one run has measured. */
export interface Result {
  run: string
  title: string
  events: number
  /** By name, with the unit in it: `eventsPerSecond`, `medianMs`. */
  figures: Record<string, number>
  /** Publish to arrival at the healthy ones, where repetitions are pooled. */
  latenciesMs?: number[]
  /** By process. */
  cpuMsPerEvent: Record<string, number>
  heraldPeakMb?: number
  /** Cores that other programs kept busy meanwhile: how noisy the figures are. */
  othersCores?: number
  /** What was wrong: lost events, POSTs too many, bodies that differ. Must be none. */
  violations: string[]
}

export const perEvent = (cpuMs: Record<string, number>, events: number): Record<string, number> =>
  Object.fromEntries(Object.entries(cpuMs).map(([name, ms]) => [name, ms / events]))
