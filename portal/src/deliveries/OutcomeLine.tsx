import { Group, Text } from '@mantine/core'
import { IconCircleCheck, IconCircleX, IconHelpCircle, IconLoader2 } from '@tabler/icons-react'
import type { Attempt } from '../api/client'
import { measured } from '../parts/numbers'
import { Outside } from '../parts/visible'

interface OutcomeLineProps {
  outcome: Attempt['outcome']
  status?: number | undefined
  detail?: string | undefined
  durationMs?: number | undefined
}

/** What came of one POST, in a line. */
export function OutcomeLine({ outcome, status, detail, durationMs }: OutcomeLineProps) {
  return (
    <Group gap={6} wrap="nowrap" align="start">
      <span style={{ paddingTop: 2, lineHeight: 0 }}>{ICONS[outcome]}</span>
      <Text size="sm">
        <b>{WORDS[outcome]}</b>
        {status !== undefined && ` · answered ${status}`}
        {detail !== undefined && (
          <>
            {' · '}
            <Outside text={detail} />
          </>
        )}
        {durationMs !== undefined && ` · ${measured(durationMs, 'ms')}`}
      </Text>
    </Group>
  )
}

export const WORDS: Record<Attempt['outcome'], string> = {
  delivered: 'Delivered',
  failed: 'Failed',
  gone: 'Refused for good',
  blocked: 'Blocked address',
  unknown: 'Answer unknown',
  'in flight': 'In flight',
}

const good = <IconCircleCheck size={18} color="var(--mantine-color-green-7)" aria-hidden="true" />
const bad = <IconCircleX size={18} color="var(--mantine-color-red-7)" aria-hidden="true" />

const ICONS: Record<Attempt['outcome'], React.ReactNode> = {
  delivered: good,
  failed: bad,
  gone: bad,
  blocked: bad,
  unknown: <IconHelpCircle size={18} aria-hidden="true" />,
  'in flight': <IconLoader2 size={18} aria-hidden="true" />,
}
