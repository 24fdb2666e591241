import { ActionIcon, Button, Group, Menu, TextInput } from '@mantine/core'
import { useDisclosure, useLocalStorage } from '@mantine/hooks'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { AskForm } from '../parts/Ask'
import { Outside } from '../parts/visible'
import type { DeliverySearch } from '../router'
import { useSignedIn } from '../session/session'

interface View {
  name: string
  search: DeliverySearch
}

interface SavedViewsProps {
  search: DeliverySearch
  show: (search: DeliverySearch) => void
}

/** Filters under a name, kept by this browser for the tenant. */
export function SavedViews({ search, show }: SavedViewsProps) {
  const { tenantId } = useSignedIn()
  const [views, setViews] = useLocalStorage<View[]>({ key: `herald-views/${tenantId}`, defaultValue: [], deserialize: read, getInitialValueInEffect: false })
  const [saves, save] = useDisclosure()
  const [name, setName] = useState('')
  const isFiltered = Object.values(search).some((value) => value !== undefined)
  const others = views.filter((view) => view.name !== name.trim())
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
          <Menu.Item disabled={!isFiltered} onClick={save.open}>
            Save this view
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <AskForm
        title="Save this view"
        opened={saves}
        close={save.close}
        error={null}
        submitText="Save"
        busy={false}
        submit={() => {
          if (name.trim() === '') return
          setViews([...others, { name: name.trim(), search }])
          setName('')
          save.close()
        }}
      >
        <TextInput label="Name" description="Kept in this browser. One of the same name is replaced." required maxLength={80} data-autofocus value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} />
        {views.map((view) => (
          <Group key={view.name} justify="space-between" wrap="nowrap">
            <Outside text={view.name} />
            <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${view.name}`} onClick={() => setViews(views.filter((one) => one !== view))}>
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
      </AskForm>
    </>
  )
}

/** What is kept may be of an older portal, or somebody's own. */
function read(text: string | undefined): View[] {
  try {
    const views: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(views) ? views.filter((view): view is View => typeof view?.name === 'string' && typeof view?.search === 'object' && view.search !== null) : []
  } catch {
    return []
  }
}
