import { IconEyeOff } from '@tabler/icons-react'
import { Group, Text } from '@mantine/core'
import { useRefusal } from '../session/Allowed'
import { Outside } from './visible'

/** In place of a value, as the API has it: quoted in JSON, bare elsewhere. */
const VALUE = /"?\*\*\*"?/

/** A text whose values the API has masked: its structure stands, each value is a bar, and why is said below. */
export function Masked({ text, label }: { text: string; label: string }) {
  const refusal = useRefusal('data')
  const parts = text.split(VALUE)
  return (
    <div>
      {/* Scrolled by keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="code" tabIndex={0} role="region" aria-label={label}>
        {parts.map((part, i) => (
          <span key={i}>
            <Outside text={part} />
            {i < parts.length - 1 && <span className="masked" role="img" aria-label="masked value" />}
          </span>
        ))}
      </pre>
      <Group gap={6} mt={6} c="var(--muted)" wrap="nowrap">
        <IconEyeOff size={14} style={{ flexShrink: 0 }} />
        <Text size="xs">Values are masked. {refusal ?? 'The key that you signed in with has not the scope data.'}</Text>
      </Group>
    </div>
  )
}
