import { Group, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api/client'

interface UrlFieldProps {
  value: string
  fault: string | undefined
  onChange: (url: string) => void
}

/** Beside a long text an icon would shrink. */
const STEADY = { flexShrink: 0, marginTop: 3 }

/** Judged as it is typed, by the rule that the server has. */
export function UrlField({ value, fault, onChange }: UrlFieldProps) {
  const [url] = useDebouncedValue(value.trim(), 300)
  const { data: verdict } = useQuery({
    queryKey: ['check-url', url],
    queryFn: () => answer(api.POST('/v1/webhooks/check-url', { body: { url } })),
    enabled: url !== '',
    staleTime: 60_000,
  })
  const isCurrent = url !== '' && url === value.trim()
  const refusal = isCurrent && verdict && !verdict.ok ? verdict.reason : undefined
  return (
    <div>
      <TextInput
        label="URL"
        description="Where events are POSTed to. HTTPS is recommended."
        placeholder="https://example.com/webhooks"
        type="url"
        inputMode="url"
        autoComplete="off"
        required
        value={value}
        error={fault ?? refusal}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <div role="status">
        {isCurrent && verdict?.ok && (
          <Group gap={6} mt={6} wrap="nowrap" align="start">
            {verdict.advice === undefined ? <IconCircleCheck size={16} color="var(--mantine-color-green-7)" style={STEADY} /> : <IconAlertTriangle size={16} color="var(--mantine-color-orange-7)" style={STEADY} />}
            <Text size="sm">
              {verdict.advice ?? 'This URL may be used.'} Its name is looked up at each attempt, not here: whether it leads anywhere, a test event shows.
            </Text>
          </Group>
        )}
      </div>
    </div>
  )
}
