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

export function StatusBadge({ status, size = 'md' }: { status: Status; size?: string }) {
  const color = COLORS[status] ?? 'gray'
  return (
    <Badge
      size={size}
      variant="light"
      radius="sm"
      tt="none"
      color={color}
      styles={{
        root: { backgroundColor: `light-dark(var(--mantine-color-${color}-1), color-mix(in srgb, var(--mantine-color-${color}-9) 45%, #1f1f1f))` },
        label: { color: `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 75%, #000), var(--mantine-color-${color}-1))`, overflow: 'visible' },
      }}
    >
      {status}
    </Badge>
  )
}
