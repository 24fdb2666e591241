import { Select, Text } from '@mantine/core'
import { useState } from 'react'
import { answer, api, type ApiKey, type Schemas } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { KeyShownOnce } from './KeyShownOnce'

const OVERLAPS = [
  { value: '1h', label: 'An hour' },
  { value: '1d', label: 'A day' },
  { value: '7d', label: 'A week' },
  { value: '30d', label: '30 days' },
  { value: '0s', label: 'Not at all: it has leaked' },
]

/** Another key in place of this one, which holds for a while longer. */
export function RotateKey({ apiKey: { id, name }, opened, close }: { apiKey: ApiKey; opened: boolean; close: () => void }) {
  const [overlap, setOverlap] = useState('1d')
  const [made, setMade] = useState<Schemas['CreatedApiKey']>()
  const rotate = useAction(async () => {
    const key = await answer(api.POST('/v1/api-keys/{id}/rotate', { params: { path: { id } }, body: { overlap } }))
    close()
    setMade(key)
  })
  return (
    <>
      <AskForm title="Rotate this key?" opened={opened} close={close} error={rotate.error} submitText="Make the new key" busy={rotate.isPending} submit={() => rotate.mutate()}>
        <Text size="sm">
          <Outside text={name} /> gets another key that may do the same, and holds for as long as this one was made for. Give it to the service while both hold; <i>Last used</i> says whether the old one is still in use.
        </Text>
        <Select label="The old one still holds for" data={OVERLAPS} allowDeselect={false} value={overlap} onChange={(chosen) => chosen !== null && setOverlap(chosen)} />
      </AskForm>
      <KeyShownOnce made={made} close={() => setMade(undefined)} />
    </>
  )
}
