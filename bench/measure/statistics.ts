/** The value below which the share `p` (0 to 1) of the values lies: the nearest rank. */
export function percentile(values: number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN
}

export const median = (values: number[]): number => percentile(values, 0.5)

export const latest = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity)
export const earliest = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity)
