import { Badge, Group, Tooltip } from '@mantine/core'
import { Outside } from '../parts/visible'

const SHOWN = 3

export function TypeBadges({ types, all = false }: { types: string[]; all?: boolean }) {
  const shown = all ? types : types.slice(0, SHOWN)
  const more = types.length - shown.length
  return (
    <Group gap={4}>
      {shown.map((type) => (
        <Badge key={type} variant="default" size="sm" radius="sm" tt="none" fw={500}>
          <Outside text={type} />
        </Badge>
      ))}
      {more > 0 && (
        <Tooltip label={types.slice(SHOWN).join(', ')} multiline maw={320}>
          <Badge className="above" variant="default" size="sm" radius="sm" tt="none" fw={500}>
            {more} more
          </Badge>
        </Tooltip>
      )}
    </Group>
  )
}
