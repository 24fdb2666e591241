import { Alert, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api, fieldsOf } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { faultOf } from '../webhooks/draft'

/** Asked twice: the entity is counted first, and typed again before anything is gone. */
export function EraseDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const [entityId, setEntityId] = useState('')
  const [reason, setReason] = useState('')
  const [again, setAgain] = useState('')
  const wanted = entityId.trim()
  const [settled] = useDebouncedValue(wanted, 500)
  const isCounted = settled === wanted
  const body = { entityId: wanted, ...(reason.trim() !== '' && { reason: reason.trim() }) }
  const count = useQuery({
    queryKey: ['erasures', 'count', settled],
    enabled: opened && settled !== '',
    retry: false,
    queryFn: () => answer(api.POST('/v1/erasures', { body: { entityId: settled, dryRun: true } })) as Promise<{ events?: number }>,
  })
  const erase = useAction(
    async () => {
      await answer(api.POST('/v1/erasures', { body: { ...body, dryRun: false } }))
      close()
      setEntityId('')
      setReason('')
      setAgain('')
    },
    () => 'It is being erased: the list says how far it is.',
  )
  const fields = fieldsOf(erase.error)
  return (
    <AskForm title="Erase an entity" opened={opened} close={close} error={erase.error ?? (isCounted ? count.error : null)} submitText="Erase for good" busy={erase.isPending} submit={() => again.trim() === wanted && wanted !== '' && erase.mutate()}>
      <TextInput label="ID of the entity" description="data.id of its events: an account, a customer or a transaction" required data-autofocus value={entityId} error={faultOf(fields, 'entityId')} onChange={({ currentTarget }) => setEntityId(currentTarget.value)} />
      <TextInput label="Why" placeholder="Number of the request" value={reason} error={faultOf(fields, 'reason')} onChange={({ currentTarget }) => setReason(currentTarget.value)} />
      {isCounted && count.data?.events !== undefined && (
        <Alert color="red" variant="light" title={count.data.events === 0 ? 'There are no events about it' : `${count.data.events.toLocaleString()} ${count.data.events === 1 ? 'event' : 'events'} about it`}>
          <Text size="sm">Their data and the answers to them cannot be brought back. What is not delivered yet is cancelled.</Text>
        </Alert>
      )}
      <TextInput label="Type the ID again" required value={again} error={again !== '' && !wanted.startsWith(again.trim()) ? 'is another one' : undefined} onChange={({ currentTarget }) => setAgain(currentTarget.value)} />
    </AskForm>
  )
}
