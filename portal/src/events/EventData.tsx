import { Group, Text } from '@mantine/core'
import { IconEraser } from '@tabler/icons-react'
import { Code } from '../parts/Code'
import { Masked } from '../parts/Masked'
import { prettyJson } from '../parts/pretty-json'
import { When } from '../parts/When'

interface EventDataProps {
  event: { data: string; masked?: true; erasedAt?: string }
}

/** The data of an event as far as it may be seen, and is still there. */
export function EventData({ event: { data, masked, erasedAt } }: EventDataProps) {
  if (erasedAt !== undefined) {
    return (
      <Group gap="xs" c="var(--muted)">
        <IconEraser size={18} />
        <Text size="sm">
          Erased <When at={erasedAt} as="day" />. What became of the event stays on record.
        </Text>
      </Group>
    )
  }
  return masked ? <Masked label="Data of the event, masked" text={prettyJson(data)} /> : <Code label="Data of the event" text={prettyJson(data)} />
}
