/** What people ask for: everything, or what is newer than a moment that moves with the clock. */
export const WINDOWS = [
  { value: 'hour', label: 'Last hour' },
  { value: 'today', label: 'Today' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
] as const

export interface WindowSearch {
  since?: string
  from?: string
  to?: string
}

const LENGTH_MS: Record<string, number> = { hour: 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 }

/** As the API takes it; to the minute, so that asking again within one asks the same. */
export function windowOf({ since, from, to }: WindowSearch, now = Date.now()): { from?: string; to?: string } {
  if (since === 'today') return { from: new Date(new Date(now).setHours(0, 0, 0, 0)).toISOString() }
  const length = since === undefined ? undefined : LENGTH_MS[since]
  if (length !== undefined) return { from: new Date(Math.floor((now - length) / 60_000) * 60_000).toISOString() }
  return { ...instant('from', from), ...instant('to', to) }
}

function instant(name: 'from' | 'to', text: string | undefined): object {
  const time = text === undefined ? Number.NaN : new Date(text).getTime()
  return Number.isNaN(time) ? {} : { [name]: new Date(time).toISOString() }
}

/** For an input of the browser, in the viewer's zone. */
export function toLocalInput(text: string | undefined): string {
  const time = text === undefined ? undefined : new Date(text)
  if (!time || Number.isNaN(time.getTime())) return ''
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
