import { Tooltip } from '@mantine/core'
import { measured } from './numbers'
import { useNow } from './use-now'

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** A time as people say it, in their own zone; the exact one is on hover and focus. */
export function When({ at, as = 'relative' }: { at: string; as?: 'relative' | 'clock' | 'day' }) {
  const now = useNow(as === 'relative' ? 10_000 : 0)
  const time = new Date(at)
  return (
    <Tooltip label={`${exact.format(time)}: ${at}`} withinPortal events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at} className="above">
        {as === 'clock' ? clock.format(time) : as === 'day' ? day.format(time) : ago(time, now)}
      </time>
    </Tooltip>
  )
}

const STEPS = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3_600],
  ['day', 86_400],
] as const

export function ago(time: Date, now: number): string {
  const seconds = Math.round((time.getTime() - now) / 1_000)
  if (Math.abs(seconds) < 5) return 'just now'
  if (Math.abs(seconds) >= 30 * 86_400) return dayOfYear.format(time)
  const [unit, size] = STEPS.findLast(([, size]) => Math.abs(seconds) >= size) ?? STEPS[0]
  // Half an hour ago is no hour; of what is to come the nearest is said: a week from now is not in 6 days.
  return relative.format(seconds < 0 ? Math.trunc(seconds / size) : Math.round(seconds / size), unit)
}

/** The time that is left, to the second. */
export function Countdown({ to, past }: { to: string; past: string }) {
  const now = useNow(500)
  const left = Math.ceil((new Date(to).getTime() - now) / 1_000)
  return <>{left > 0 ? `in ${forSeconds(left)}` : past}</>
}

export function forSeconds(seconds: number): string {
  if (seconds < 60) return measured(Math.round(seconds * 10) / 10, 's')
  if (seconds < 3_600) return together(measured(Math.floor(seconds / 60), 'min'), seconds % 60 >= 1 && measured(Math.round(seconds % 60), 's'))
  if (seconds < 86_400) return together(measured(Math.floor(seconds / 3_600), 'h'), seconds % 3_600 >= 60 && measured(Math.floor((seconds % 3_600) / 60), 'min'))
  return measured(Math.round((seconds / 86_400) * 10) / 10, 'days')
}

const together = (...parts: (string | false)[]): string => parts.filter((part) => part !== false).join('\u00A0')
