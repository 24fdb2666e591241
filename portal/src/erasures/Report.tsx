import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Schemas } from '../api/client'
import { Outside } from '../parts/visible'
import { useWebhookNames } from '../webhooks/names'

type Erasure = Schemas['Erasure']

const counted = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString()} ${count === 1 ? one : many}`

/** What an erasure has done, in a line; the rest on demand. */
export function Report({ erasure }: { erasure: Erasure }) {
  const [opened, { open, close }] = useDisclosure()
  const { events, total, attempts, cancelled, status } = erasure
  return (
    <Group gap="xs" justify="space-between" wrap="nowrap">
      <Text size="xs" c="var(--muted)">
        {status === 'finished' ? counted(events, 'event') : `${events.toLocaleString()} of ${counted(total, 'event')}`}, {counted(attempts, 'attempt')}, {cancelled.toLocaleString()} given up
      </Text>
      <Button size="compact-xs" variant="default" style={{ flexShrink: 0 }} onClick={open} aria-label={`Report of ${erasure.id}`}>
        Report
      </Button>
      <Modal title="Report of the erasure" opened={opened} onClose={close} centered size="lg">
        <Full erasure={erasure} />
      </Modal>
    </Group>
  )
}

function Full({ erasure: { entityId, status, events, deliveries, cancelled, attempts, receivers, kept } }: { erasure: Erasure }) {
  const webhookName = useWebhookNames()
  return (
    <Stack>
      <Text size="sm">
        <Outside text={entityId} />: the data of {counted(events, 'event')} and the answers to {counted(attempts, 'attempt')} are gone. Of {counted(deliveries, 'delivery', 'deliveries')}, {cancelled.toLocaleString()} given up.
        {status === 'refused' && ' A legal hold has ended it: the rest stands.'}
      </Text>
      {receivers.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            Who may have got it
          </Text>
          <ul style={{ margin: 0, paddingLeft: '1.2rem' }}>
            {receivers.map(({ webhookId, deliveries: count }) => (
              <li key={webhookId}>
                <Text size="sm" span>
                  <Outside text={webhookName(webhookId)} />, {counted(count, 'time')}
                </Text>
              </li>
            ))}
          </ul>
        </div>
      )}
      <Table fz="sm" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What stays</Table.Th>
            <Table.Th>Why</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {kept.map(({ what, why }) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>{why}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
