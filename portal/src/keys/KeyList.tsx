import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconKey } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { answer, api, type ApiKey } from '../api/client'
import { apiKeysQuery } from '../api/queries'
import { Ask } from '../parts/Ask'
import { Listing } from '../parts/Listing'
import { PageHead } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Card, Empty } from '../parts/states'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Allowed } from '../session/Allowed'
import { NewKey } from './NewKey'

export const KeyList = () => (
  <Allowed what="access" title="API keys">
    <Keys />
  </Allowed>
)

const COLUMNS: Column<ApiKey>[] = [
  {
    header: 'Used by',
    cell: ({ name, id }) => (
      <div>
        <Text size="sm" fw={600}>
          <Outside text={name} lines="clamped" />
        </Text>
        <Text size="xs" c="var(--muted)">
          {id}
        </Text>
      </div>
    ),
  },
  {
    header: 'May',
    cell: ({ scopes }) => (
      <Group gap={4}>
        {scopes.map((scope) => (
          <Badge key={scope} variant="default" size="sm" radius="sm" tt="none" fw={500}>
            {scope}
          </Badge>
        ))}
      </Group>
    ),
  },
  { header: 'Made', width: '9rem', cell: ({ createdAt }) => <Text size="sm"><When at={createdAt} /></Text> },
  { header: 'Actions', width: '11rem', cell: (key) => <Revoke apiKey={key} /> },
]

function Keys() {
  const list = useInfiniteQuery(apiKeysQuery)
  const [makes, make] = useDisclosure()
  const button = (
    <Button leftSection={<IconKey size={16} />} onClick={make.open}>
      Make a key
    </Button>
  )
  return (
    <Stack>
      <PageHead title="API keys" crumbs={[{ text: 'Administration' }]} aside={button}>
        <Text c="var(--muted)" size="sm">
          With which services call Herald for this tenant. A key is shown once, when it is made.
        </Text>
      </PageHead>
      <Card p={0}>
        <Listing
          list={list}
          empty={
            <Empty title="No keys yet" icon={<IconKey size={40} stroke={1.3} />} action={button}>
              A service that publishes events needs one, with the scope <code>publish</code>.
            </Empty>
          }
        >
          {(keys) => <Rows label="API keys" rows={keys} columns={COLUMNS} />}
        </Listing>
      </Card>
      <NewKey opened={makes} close={make.close} />
    </Stack>
  )
}

function Revoke({ apiKey: { id, name, revokedAt } }: { apiKey: ApiKey }) {
  const [asks, ask] = useDisclosure()
  const revoke = useAction(
    async () => {
      await answer(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }))
      ask.close()
    },
    () => 'Revoked. It opens nothing any more.',
  )
  if (revokedAt !== undefined) return <Text size="sm">revoked <When at={revokedAt} /></Text>
  return (
    <>
      <Button className="above" size="xs" variant="default" aria-label={`Revoke ${name}`} onClick={ask.open}>
        Revoke
      </Button>
      <Ask
        title="Revoke this key?"
        opened={asks}
        close={ask.close}
        error={revoke.error}
        act={
          <Button color="red.9" loading={revoke.isPending} onClick={() => revoke.mutate()}>
            Revoke
          </Button>
        }
      >
        <Text size="sm">
          Whatever calls Herald with <Outside text={name} /> is refused from then on. It cannot be undone: make another key first, and give it to the service.
        </Text>
      </Ask>
    </>
  )
}
