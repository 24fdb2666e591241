import { Button, Group, Text, TextInput } from '@mantine/core'
import { IconPlus, IconSearch, IconWebhook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Webhook } from '../api/client'
import { webhooksQuery } from '../api/queries'
import { ChoiceFilter } from '../parts/ChoiceFilter'
import { inOnePiece } from '../parts/Listing'
import { ListPage } from '../parts/ListPage'
import { Empty } from '../parts/states'
import { useMay } from '../session/session'
import { WebhookRows } from './WebhookRows'

const route = getRouteApi('/operations/webhook')
const STATUSES: Webhook['status'][] = ['active', 'paused', 'suspended', 'disabled']

export function WebhookList() {
  const { data, error, refetch } = useQuery({ ...webhooksQuery, refetchInterval: 10_000 })
  const list = inOnePiece({ data, error, refetch })
  const may = useMay()
  return (
    <>
      <ListPage
        title="Webhook"
        crumbs={[{ text: 'Operations' }]}
        about="Where events are delivered to."
        aside={may.manage && <AddButton />}
        list={list}
        empty={
          <Empty title="No webhook yet" icon={<IconWebhook size={40} stroke={1.3} />} action={may.manage && <AddButton />}>
            Add the address of a system that wants events. Everything that is published from then on is delivered there.
          </Empty>
        }
      >
        {(all) => <Found all={all} />}
      </ListPage>
      {data?.nextCursor !== undefined && (
        <Text size="sm" mt="md">
          The newest {data.data.length} are shown. The API lists them all.
        </Text>
      )}
    </>
  )
}

/** Those that fit the search, which stands in the address. */
function Found({ all }: { all: Webhook[] }) {
  const { q = '', status } = route.useSearch()
  const navigate = route.useNavigate()
  const shown = all.filter((webhook) => matches(webhook, q) && (status === undefined || webhook.status === status))
  const filter = (change: { q?: string; status?: string }): void =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  return (
    <>
      <Group p="md" gap="sm">
        <TextInput
          aria-label="Search webhooks"
          placeholder="Name, URL, type or ID"
          leftSection={<IconSearch size={16} />}
          value={q}
          onChange={({ currentTarget }) => filter({ q: currentTarget.value })}
          style={{ flex: '1 1 12rem' }}
        />
        <ChoiceFilter label="Status" choices={STATUSES} value={STATUSES.find((one) => one === status)} onChange={(chosen) => filter({ status: chosen })} width={160} />
      </Group>
      {shown.length === 0 ? (
        <Empty title="No webhook fits" action={<Button variant="default" onClick={() => filter({ q: '', status: undefined })}>Show all</Button>}>
          None of the {all.length} webhooks has what you look for.
        </Empty>
      ) : (
        <WebhookRows webhooks={shown} />
      )}
    </>
  )
}

const AddButton = () => (
  <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/operations/webhook/new" {...props} />}>
    Add Webhook
  </Button>
)

const matches = ({ id, url, description = '', eventTypes }: Webhook, q: string): boolean =>
  q === '' || [id, url, description, ...eventTypes].some((text) => text.toLowerCase().includes(q.trim().toLowerCase()))
