/** When a webhook that fails is suspended, and how it is tried after that. Times in ms. */
export interface SuspensionTimes {
  /** Failures without a delivery in between. */
  failures: number
  /** Since the first of them. */
  overMs: number
  firstProbeMs: number
  longestProbeMs: number
}

export const SUSPENSION: SuspensionTimes = {
  failures: 20,
  overMs: 10 * 60_000,
  firstProbeMs: 60_000,
  longestProbeMs: 3_600_000,
}

/** How a webhook fails: since its last delivery, in all processes. */
export interface Failing {
  since: Date
  failures: number
  /** Of a suspended one: attempts that were made to see whether it answers again. */
  probes: number
  nextProbeAt?: Date
}

/** The wait before a probe: it doubles. */
export const probeWaitMs = ({ firstProbeMs, longestProbeMs }: SuspensionTimes, probes: number): number =>
  Math.min(longestProbeMs, firstProbeMs * 2 ** Math.min(probes, 30))
