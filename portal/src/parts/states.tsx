import { Alert, Button, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { toCallError } from '../api/client'
import { fieldText } from './field-labels'
import { Outside } from './visible'

/** The portal asks for what there is: a path that is not known is not served at this port. */
const UNSERVED = 'There is nothing at '

/** What went wrong, and what to do. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { status, title, message, fields } = toCallError(error)
  const [first] = fields
  const text = first ? (fields.length === 1 ? `${fieldText(first)}.` : `${fields.length} fields have to be changed:`) : message
  const isAway = status === 0
  return (
    <Alert role="alert" color={isAway ? 'yellow' : 'red'} variant="light" title={title} icon={isAway ? <IconCloudOff /> : <IconAlertTriangle />}>
      <Stack gap="xs" align="start">
        <Text size="sm">
          <Outside text={text} />
        </Text>
        {status === 404 && message.startsWith(UNSERVED) && <Text size="sm">What is for operators is at the port that HERALD_OPS_PORT names, where it is set: open the portal there.</Text>}
        {fields.length > 1 && (
          <ul>
            {fields.map((field) => (
              <li key={field.path + field.message}>
                <Outside text={fieldText(field)} />
              </li>
            ))}
          </ul>
        )}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

export function Empty({ title, children, action, icon, order = 2 }: { title: string; order?: 1 | 2; children: ReactNode; action?: ReactNode; icon?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      {icon}
      <Title order={order}>{title}</Title>
      <Text c="var(--muted)" maw={480} component="div">
        {children}
      </Text>
      {action}
    </Stack>
  )
}

export function LoadingRows({ rows = 6 }: { rows?: number }) {
  return (
    <Stack gap="sm" p="md" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={28} />
      ))}
    </Stack>
  )
}

export function LoadingPage() {
  return (
    <Stack role="status" aria-label="Loading">
      <Skeleton height={32} width="40%" />
      <Skeleton height={160} />
      <Skeleton height={240} />
    </Stack>
  )
}

export const Card = ({ children, title, aside, p = 'lg' }: { children: ReactNode; title?: string; aside?: ReactNode; p?: string | number }) => (
  <Paper withBorder p={p} component="section" aria-label={title}>
    {title !== undefined && (
      <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center', marginBottom: 12, gap: 8, flexWrap: 'wrap' }}>
        <Title order={2}>{title}</Title>
        {aside}
      </div>
    )}
    {children}
  </Paper>
)
