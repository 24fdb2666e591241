import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api, type Webhook } from '../api/client'
import { Exchange } from '../deliveries/Exchange'
import { OutcomeLine } from '../deliveries/OutcomeLine'
import { Problem } from '../parts/states'

/** One POST with made-up data, and the whole exchange. */
export function TestEvent({ webhook }: { webhook: Webhook }) {
  const [type, setType] = useState(webhook.eventTypes[0] ?? null)
  const send = useMutation({
    mutationFn: () =>
      answer(api.POST('/v1/webhooks/{id}/test', { params: { path: { id: webhook.id } }, body: { ...(type !== null && { type }) } })),
  })
  return (
    <Stack>
      <Text size="sm" c="var(--muted)">
        One POST with made-up data, signed and with the credentials. It is no event: nothing is kept, and nothing is retried.
      </Text>
      <Group align="end">
        <Select label="Event type" data={webhook.eventTypes} value={type} onChange={setType} allowDeselect={false} w={{ base: '100%', xs: 280 }} />
        <Button leftSection={<IconPlayerPlay size={16} />} loading={send.isPending} onClick={() => send.mutate()}>
          Send test event
        </Button>
      </Group>
      {send.error && <Problem error={send.error} />}
      {send.data && (
        <Stack gap="sm" role="status">
          <OutcomeLine outcome={send.data.outcome} status={send.data.response?.status} detail={send.data.error?.detail} durationMs={send.data.durationMs} />
          <Exchange request={send.data.request} response={send.data.response} body={send.data.request.body} />
        </Stack>
      )}
    </Stack>
  )
}
