import { ActionIcon, Button, Group, Menu, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { fieldsOf } from '../api/client'
import { AskForm } from '../parts/Ask'
import { Outside } from '../parts/visible'
import type { DeliverySearch } from '../router'
import { faultOf } from '../webhooks/draft'
import { useViews } from './use-views'

interface SavedViewsProps {
  search: DeliverySearch
  show: (search: DeliverySearch) => void
}

/** Filters under a name. */
export function SavedViews({ search, show }: SavedViewsProps) {
  const { keeper, views, save, remove } = useViews()
  const [saves, dialog] = useDisclosure()
  const [name, setName] = useState('')
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  const saving = useMutation({
    mutationFn: () => save({ name: name.trim(), search }),
    onSuccess: () => {
      setName('')
      dialog.close()
    },
  })
  const removing = useMutation({ mutationFn: remove })
  return (
    <>
      <Menu position="bottom-end" withArrow>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} />}>
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Menu.Item key={view.name} onClick={() => show(view.search)}>
              <Outside text={view.name} />
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Divider />}
          <Menu.Item disabled={!isFiltered} onClick={dialog.open}>
            Save this view
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <AskForm title="Save this view" opened={saves} close={dialog.close} error={saving.error ?? removing.error} submitText="Save" busy={saving.isPending} submit={() => name.trim() !== '' && saving.mutate()}>
        <TextInput
          label="Name"
          description={keeper === 'account' ? 'Kept with your account. One of the same name is replaced.' : 'Kept in this browser. One of the same name is replaced.'}
          required
          maxLength={80}
          data-autofocus
          value={name}
          error={faultOf(fieldsOf(saving.error), 'name')}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        {views.map((view) => (
          <Group key={view.name} justify="space-between" wrap="nowrap">
            <Outside text={view.name} />
            <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${view.name}`} loading={removing.isPending && removing.variables.name === view.name} onClick={() => removing.mutate(view)}>
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
      </AskForm>
    </>
  )
}
