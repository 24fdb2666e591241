import { Group, Radio, Select, Stack, Switch, TextInput } from '@mantine/core'
import type { FieldError } from '../api/client'
import { faultOf, type Draft } from './draft'

interface LimitFieldsProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

/** How much the endpoint is asked to take, and in which order. */
export const LimitFields = ({ draft, fields, change }: LimitFieldsProps) => (
  <Stack>
    <Group align="start">
      <TextInput label="Requests" description="Empty: no limit." inputMode="numeric" w={140} value={draft.rateRequests} error={faultOf(fields, 'rateLimit')} onChange={({ currentTarget }) => change({ rateRequests: currentTarget.value })} />
      <Select
        label="A"
        description="Evenly spaced."
        data={[
          { value: 'second', label: 'second' },
          { value: 'minute', label: 'minute' },
        ]}
        allowDeselect={false}
        w={140}
        value={draft.ratePer}
        onChange={(per) => per !== null && change({ ratePer: per })}
      />
      <TextInput label="Requests at once" description="1 to 20. Empty: 20." inputMode="numeric" w={160} value={draft.maxInFlight} error={faultOf(fields, 'maxInFlight')} onChange={({ currentTarget }) => change({ maxInFlight: currentTarget.value })} />
    </Group>
    <Switch
      label="In order"
      description="Events with the same ordering key (the entity's ID when none was given) arrive in publish order, one at a time."
      checked={draft.ordered}
      onChange={({ currentTarget }) => change({ ordered: currentTarget.checked })}
    />
    {draft.ordered && (
      <Radio.Group label="When an event is out of attempts" value={draft.onExhausted} onChange={(onExhausted) => change({ onExhausted })}>
        <Stack gap="xs" mt="xs">
          <Radio value="block" label="Its key waits" description="Until a person retries or cancels it." />
          <Radio value="skip" label="Its key goes on" description="A later retry comes out of order." />
        </Stack>
      </Radio.Group>
    )}
  </Stack>
)
