import { Drawer, Group, Stack, Text, Title } from '@mantine/core'
import type { AuditLine } from '../api/client'
import { Changes } from '../parts/Changes'
import { Fact, Facts } from '../parts/Facts'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Outcome } from './Outcome'
import { TargetLink } from './TargetLink'
import { actionWords } from './words'

interface LineDrawerProps {
  line: AuditLine | undefined
  who: string
  close: () => void
}

/** All that a line says. */
export function LineDrawer({ line, who, close }: LineDrawerProps) {
  return (
    <Drawer.Root opened={line !== undefined} onClose={close} position="right" size="lg">
      <Drawer.Overlay />
      <Drawer.Content aria-label="A line of the audit log">
        <Drawer.Body pt="md">
          <Group justify="space-between" mb="sm">
            <Title order={2}>Line {line?.number}</Title>
            <Drawer.CloseButton aria-label="Close" />
          </Group>
          {line && <Line line={line} who={who} />}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}

function Line({ line, who }: { line: AuditLine; who: string }) {
  const { action, at, actor, target, fields, status, from, begun, changes = [], hash } = line
  return (
    <Stack>
      <Group gap="xs">
        <Title order={3}>{actionWords(action)}</Title>
        <Outcome line={line} />
      </Group>
      {status === undefined && (
        <Text size="sm">
          It was begun, and its end is not on record: it is under way at this moment, or Herald was stopped, or its store was away, in the middle of it. Look at what it was about to see whether it was done.
        </Text>
      )}
      <Facts>
        <Fact name="When">
          <When at={at} as="day" />
        </Fact>
        <Fact name="Who">
          <Outside text={who} />
          {actor.id !== '' && (
            <Text size="xs" c="var(--muted)">
              {actor.id}
            </Text>
          )}
        </Fact>
        <Fact name="From">
          <Outside text={from} />
        </Fact>
        <Fact name="About">{target.length === 0 ? 'nothing that has an ID' : <Stack gap={2}>{target.map((id) => <TargetLink key={id} id={id} action={action} />)}</Stack>}</Fact>
        <Fact name="Operation">
          <code>{action}</code>
        </Fact>
        <Fact name="Fields sent">{fields.length === 0 ? 'none' : <Outside text={fields.join(', ')} />}</Fact>
        {begun !== undefined && <Fact name="Begun in line">{begun}</Fact>}
        <Fact name="Hash">
          <code style={{ overflowWrap: 'anywhere' }}>{hash}</code>
        </Fact>
      </Facts>
      {changes.length > 0 && <Changes changes={changes} />}
      <Text size="xs" c="var(--muted)">
        The hash is over this line and the one before. Secrets are in no line.
      </Text>
    </Stack>
  )
}
