import { Button, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, type DeliveryStatus, type Webhook } from '../api/client'
import { deliveryCountQuery } from '../api/queries'
import { Ask } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { forSeconds } from '../parts/When'
import { nameOf } from './names'

interface SteeringProps {
  webhook: Webhook
  opened: boolean
  close: () => void
}

/** At which what was held goes out, when its webhook is resumed. */
const RESUME_PER_SECOND = 50

function useCount(webhook: Webhook, status: DeliveryStatus, enabled: boolean): { text: string; count: number } {
  const { data } = useQuery({ ...deliveryCountQuery({ webhookId: webhook.id, status }), enabled })
  return { text: data ? `${data.count.toLocaleString()}${data.more ? '+' : ''}` : '…', count: data?.count ?? 0 }
}

export function PauseModal({ webhook, opened, close }: SteeringProps) {
  const retrying = useCount(webhook, 'retrying', opened)
  const pending = useCount(webhook, 'pending', opened)
  const pause = useAction(
    async () => {
      await answer(api.POST('/v1/webhooks/{id}/pause', { params: { path: { id: webhook.id } } }))
      close()
    },
    () => 'Paused. What it would get is held.',
  )
  return (
    <Ask title="Pause this webhook?" opened={opened} close={close} error={pause.error} act={<Button loading={pause.isPending} onClick={() => pause.mutate()}>Pause</Button>}>
      <Text size="sm">
        New events for it, and the {pending.text} pending and {retrying.text} retrying deliveries that wait for an attempt, are held until you resume it. None is lost, and none uses up an attempt. A POST that is in flight ends first.
      </Text>
    </Ask>
  )
}

export function ResumeModal({ webhook, opened, close }: SteeringProps) {
  const held = useCount(webhook, 'held', opened)
  const parked = useCount(webhook, 'parked', opened)
  const resume = useAction(
    async () => {
      await answer(api.POST('/v1/webhooks/{id}/resume', { params: { path: { id: webhook.id } } }))
      close()
    },
    () => 'Resumed. What was held goes out as a release.',
  )
  return (
    <Ask title="Resume this webhook?" opened={opened} close={close} error={resume.error} act={<Button loading={resume.isPending} onClick={() => resume.mutate()}>Resume</Button>}>
      <Text size="sm">
        {held.count === 0
          ? `${held.text} deliveries are held. New ones are attempted at once.`
          : `${held.text} held deliveries go out, oldest first, ${RESUME_PER_SECOND} a second at most: that takes about ${forSeconds(Math.ceil(held.count / RESUME_PER_SECOND))}. Releases show how far it has come.`}
      </Text>
      {parked.count > 0 && <Text size="sm">{parked.text} parked ones stay parked: retry them by hand, one by one or all at once.</Text>}
    </Ask>
  )
}

export function DisableModal({ webhook, opened, close }: SteeringProps) {
  const retrying = useCount(webhook, 'retrying', opened)
  const pending = useCount(webhook, 'pending', opened)
  const disable = useAction(
    async () => {
      await answer(api.POST('/v1/webhooks/{id}/disable', { params: { path: { id: webhook.id } } }))
      close()
    },
    () => 'Disabled. It gets nothing new.',
  )
  return (
    <Ask title="Disable this webhook?" opened={opened} close={close} error={disable.error} act={<Button color="red.9" loading={disable.isPending} onClick={() => disable.mutate()}>Disable</Button>}>
      <Text size="sm">
        New events go past it, and are not held for it: pause it instead where it should have them later. The {pending.text} pending and {retrying.text} retrying deliveries that wait for an attempt are parked when their time comes.
      </Text>
      <Text size="sm">Resume lets it go on; Replay gives it what it has missed.</Text>
    </Ask>
  )
}

export function DeleteModal({ webhook, opened, close }: SteeringProps) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const name = nameOf(webhook)
  const parked = useCount(webhook, 'parked', opened)
  const held = useCount(webhook, 'held', opened)
  const remove = useAction(
    async () => {
      await answer(api.DELETE('/v1/webhooks/{id}', { params: { path: { id: webhook.id } } }))
      await navigate({ to: '/operations/webhook' })
    },
    () => 'Deleted.',
  )
  return (
    <Ask
      title="Delete this webhook?"
      opened={opened}
      close={close}
      error={remove.error}
      act={
        <Button color="red.9" disabled={typed.trim() !== name.trim()} loading={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      }
    >
      <Text size="sm">
        It cannot be undone. What is on its way to it is cancelled, {parked.text} parked and {held.text} held deliveries too, and its credentials are erased. What was delivered stays on record.
      </Text>
      <TextInput label={<>Type <Outside text={name} /> to confirm</>} value={typed} autoComplete="off" onChange={({ currentTarget }) => setTyped(currentTarget.value)} />
    </Ask>
  )
}
