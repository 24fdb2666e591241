import { ColorSwatch, Group, Progress, SimpleGrid, Text } from '@mantine/core'
import type { Release } from '../api/client'

/** What became of what was moved, in the colours of these statuses everywhere. */
const PARTS = [
  { name: 'delivered', label: 'Delivered', color: 'green.7' },
  { name: 'underWay', label: 'Under way', color: 'blue.6' },
  { name: 'parked', label: 'Parked again', color: 'red.7' },
  { name: 'held', label: 'Held', color: 'violet.6' },
  { name: 'cancelled', label: 'Cancelled', color: 'gray.6' },
  { name: 'expired', label: 'Expired', color: 'gray.5' },
] as const

type Moved = Pick<Release, 'progress' | 'total'>

/** As long as what was moved; the rest is still to come. */
export const ReleaseBar = ({ release: { progress, total }, size }: { release: Moved; size: number }) => (
  <Progress.Root size={size}>
    {PARTS.map(({ name, label, color }) => (
      <Progress.Section key={name} value={share(progress[name], total)} color={color} aria-label={`${label}: ${progress[name]}`} />
    ))}
  </Progress.Root>
)

const share = (part: number, total: number): number => Math.min(100, (part / Math.max(total, 1)) * 100)

/** What the colours of the bar mean, with the numbers. */
export const ReleaseLegend = ({ release: { progress } }: { release: Moved }) => (
  <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }}>
    {PARTS.map(({ name, label, color }) => (
      <div key={name}>
        <Group gap={6} wrap="nowrap">
          <ColorSwatch size={10} radius="xs" withShadow={false} color={`var(--mantine-color-${color.replace('.', '-')})`} aria-hidden="true" />
          <Text size="sm" c="var(--muted)">
            {label}
          </Text>
        </Group>
        <Text fz="xl" fw={700}>
          {progress[name].toLocaleString()}
        </Text>
      </div>
    ))}
  </SimpleGrid>
)
