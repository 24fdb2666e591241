const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** Short enough for a tile or an axis, whatever the number: 950, 1.2K, 10M. */
export const short = (count: number): string => compact.format(count)

/** Never 100% while one failed. */
export function percent(share: number | undefined): string {
  if (share === undefined) return '–'
  const digits = share > 0.999 && share < 1 ? 3 : share > 0.99 && share < 1 ? 2 : 1
  const floor = Math.floor(share * 100 * 10 ** digits) / 10 ** digits
  return `${floor}%`
}

/** A number and its unit, which stay in one line. */
export const measured = (amount: number, unit: string): string => `${amount}\u00A0${unit}`

export function duration(ms: number): string {
  if (ms < 1_000) return measured(Math.round(ms), 'ms')
  if (ms < 60_000) return measured(Math.round(ms / 100) / 10, 's')
  if (ms < 3_600_000) return measured(Math.round(ms / 6_000) / 10, 'min')
  return measured(Math.round(ms / 360_000) / 10, 'h')
}
