import { ActionIcon, Loader, TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconArrowRight, IconSearch } from '@tabler/icons-react'
import { useNavigate, type UseNavigateResult } from '@tanstack/react-router'
import { useRef, useState, type FormEvent } from 'react'
import { api, toCallError } from '../api/client'

/** From what a customer says to what became of it: an entity's ID, an event's or a delivery's. */
export function SearchBox() {
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  useHotkeys([['/', () => input.current?.focus()]])

  async function search(form: FormEvent): Promise<void> {
    form.preventDefault()
    const wanted = text.trim()
    if (wanted === '') return
    setBusy(true)
    try {
      await go(navigate, wanted)
      setText('')
      input.current?.blur()
    } catch (error) {
      notifications.show({ color: 'red', title: toCallError(error).title, message: toCallError(error).message })
    } finally {
      setBusy(false)
    }
  }

  return (
    <form role="search" onSubmit={(form) => void search(form)} style={{ width: '100%' }}>
      <TextInput
        ref={input}
        aria-label="Search by entity, event or delivery ID"
        styles={{ input: { textOverflow: 'ellipsis' } }}
        placeholder="Customer, account or event ID  ( / )"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        leftSection={busy ? <Loader size={16} /> : <IconSearch size={16} />}
        rightSection={
          text.trim() === '' ? null : (
            <ActionIcon type="submit" variant="subtle" aria-label="Search">
              <IconArrowRight size={16} />
            </ActionIcon>
          )
        }
      />
    </form>
  )
}

/** An ID says by its beginning what it is of; any other is an event's or else an entity's. */
async function go(navigate: UseNavigateResult<string>, id: string): Promise<void> {
  if (id.startsWith('dlv_')) return navigate({ to: '/operations/deliveries/$id', params: { id } })
  if (id.startsWith('whk_')) return navigate({ to: '/operations/webhook/$id', params: { id } })
  if (id.startsWith('rel_')) return navigate({ to: '/operations/releases/$id', params: { id } })
  if (await isEvent(id)) return navigate({ to: '/operations/deliveries', search: { eventId: id } })
  return navigate({ to: '/operations/deliveries', search: { entityId: id } })
}

async function isEvent(id: string): Promise<boolean> {
  if (!/^[\w-]{1,64}$/.test(id)) return false
  const { response } = await api.GET('/v1/events/{id}', { params: { path: { id } }, parseAs: 'text' })
  return response.ok
}
