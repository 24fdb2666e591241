const UNITS_MS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

const DURATION = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/

/** `"2s"`, `"500ms"`, `"1.5m"`, `"30d"` in whole milliseconds; nothing when the text is no such duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = DURATION.exec(text) ?? []
  const unitMs = UNITS_MS.get(unit)
  if (amount === undefined || unitMs === undefined) return undefined
  // Rounded at the sixth decimal first: 1.1 * 1000 is not a whole number in binary.
  const ms = Number((Number(amount) * unitMs).toFixed(6))
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** The largest unit that says it in whole numbers: 2000 is `2s`, 90000 is `90s`, 86400000 is `1d`. */
export function formatDuration(ms: number): string {
  const units = [...UNITS_MS].toReversed()
  const [unit, size] = units.find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
