import { ActionIcon, Button, Group, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { FieldError } from '../api/client'
import { AuthFields } from './AuthFields'
import { faultOf, type Draft } from './draft'

interface PartProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

export function CredentialFields({ draft, fields, change }: PartProps) {
  const choices = [
    { value: 'none', label: 'None' },
    { value: 'basic', label: 'Basic' },
    { value: 'bearer', label: 'Bearer' },
    { value: 'oauth2', label: 'OAuth 2.0' },
    ...(draft.auth === 'kept' ? [{ value: 'kept', label: 'As they are' }] : []),
  ]
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500} id="auth-label">
          Credentials
        </Text>
        <SegmentedControl mt={4} aria-labelledby="auth-label" data={choices} value={draft.auth} onChange={(auth) => change({ auth: auth as Draft['auth'] })} />
      </div>
      <AuthFields draft={draft} fields={fields} change={change} />
      <Text size="sm" c="var(--muted)">
        Sent with every POST, kept sealed, and never shown again.
      </Text>
    </Stack>
  )
}

export function HeaderFields({ draft, fields, change }: PartProps) {
  const { headers } = draft
  const set = (key: number, part: { name?: string; value?: string }): void =>
    change({ headers: headers.map((header) => (header.key === key ? { ...header, ...part } : header)) })
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Headers
      </Text>
      {headers.map(({ key, name, value, kept }, i) => (
        <Group key={key} align="start" gap="xs" wrap="nowrap">
          <TextInput
            aria-label={`Name of header ${i + 1}`}
            placeholder="x-customer"
            value={name}
            readOnly={kept}
            error={name.trim() === '' ? undefined : faultOf(fields, `headers.${name.trim()}`)}
            onChange={({ currentTarget }) => set(key, { name: currentTarget.value })}
            style={{ flex: 1 }}
          />
          <TextInput
            aria-label={`Value of header ${i + 1}`}
            placeholder={kept ? 'Hidden; type to replace' : 'Value'}
            value={value}
            onChange={({ currentTarget }) => set(key, { value: currentTarget.value })}
            style={{ flex: 2 }}
          />
          <ActionIcon size="lg" variant="subtle" color="gray" aria-label={`Remove header ${i + 1}`} onClick={() => change({ headers: headers.filter((one) => one.key !== key) })}>
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} />}
        style={{ alignSelf: 'start' }}
        onClick={() => change({ headers: [...headers, { key: Math.max(-1, ...headers.map((one) => one.key)) + 1, name: '', value: '', kept: false }] })}
      >
        Add a header
      </Button>
    </Stack>
  )
}

export function PolicyFields({ draft, fields, change }: PartProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
      <TextInput
        label="Attempts"
        inputMode="numeric"
        value={String(draft.maximumAttempts)}
        error={faultOf(fields, 'retry.maximumAttempts')}
        onChange={({ currentTarget }) => change({ maximumAttempts: currentTarget.value })}
      />
      <TextInput label="First wait" value={draft.initialInterval} error={faultOf(fields, 'retry.initialInterval')} onChange={({ currentTarget }) => change({ initialInterval: currentTarget.value })} />
      <TextInput
        label="Then times"
        inputMode="decimal"
        value={String(draft.backoffCoefficient)}
        error={faultOf(fields, 'retry.backoffCoefficient')}
        onChange={({ currentTarget }) => change({ backoffCoefficient: currentTarget.value })}
      />
      <TextInput label="Longest wait" value={draft.maximumInterval} error={faultOf(fields, 'retry.maximumInterval')} onChange={({ currentTarget }) => change({ maximumInterval: currentTarget.value })} />
    </SimpleGrid>
  )
}
