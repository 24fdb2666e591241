import { Badge } from '@mantine/core'
import type { DeliveryStatus, Release, Schemas, User, Webhook } from '../api/client'

type Status = DeliveryStatus | Webhook['status'] | Release['status'] | User['status'] | Schemas['Erasure']['status']

/** Word and colour: the colour is never the only sign. */
const COLORS: Partial<Record<Status, string>> = {
  delivered: 'green',
  active: 'green',
  finished: 'green',
  parked: 'red',
  suspended: 'red',
  refused: 'red',
  retrying: 'orange',
  held: 'violet',
  paused: 'violet',
  pending: 'blue',
  invited: 'blue',
  running: 'blue',
}

export const StatusBadge = ({ status, size = 'md' }: { status: Status; size?: string }) => <Tinted text={status} color={COLORS[status] ?? 'gray'} size={size} />

/** The darkest grey is that of the page. */
const darkOf = (color: string): string => (color === 'gray' ? 'var(--mantine-color-dark-4)' : `color-mix(in srgb, var(--mantine-color-${color}-9) 45%, #1f1f1f)`)

/** A word on a colour that both themes can be read on. */
export function Tinted({ text, color, size = 'md' }: { text: string; color: string; size?: string }) {
  return (
    <Badge
      size={size}
      variant="light"
      radius="sm"
      tt="none"
      color={color}
      styles={{
        root: { backgroundColor: `light-dark(var(--mantine-color-${color}-1), ${darkOf(color)})`, verticalAlign: 'top' },
        label: { color: `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 75%, #000), var(--mantine-color-${color}-1))`, overflow: 'visible' },
      }}
    >
      {text}
    </Badge>
  )
}
