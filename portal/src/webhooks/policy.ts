const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }

/** Seconds; nothing when the text is no duration. */
export function seconds(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const size = UNITS[unit]
  return amount === undefined || size === undefined ? undefined : Number(amount) * size
}

export interface PolicyText {
  maximumAttempts: number | string
  initialInterval: string
  backoffCoefficient: number | string
  maximumInterval: string
}

/** A wait of Temporal takes about this, however short it is meant to be. */
export const LEAST_WAIT = 1

/** The waits before the second attempt and those after it, in seconds; nothing while something is half typed. */
export function waitsOf({ maximumAttempts, initialInterval, backoffCoefficient, maximumInterval }: PolicyText): number[] | undefined {
  const [attempts, first, factor, longest] = [Number(maximumAttempts), seconds(initialInterval), Number(backoffCoefficient), seconds(maximumInterval)]
  if (!(attempts >= 1 && attempts <= 20) || first === undefined || longest === undefined || !(factor >= 1)) return undefined
  return Array.from({ length: attempts - 1 }, (_, i) => Math.min(first * factor ** i, longest))
}
