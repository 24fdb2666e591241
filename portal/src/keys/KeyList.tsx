import { Badge, Button, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconKey } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ApiKey } from '../api/client'
import { apiKeysQuery } from '../api/queries'
import { useActorNames } from '../audit/names'
import { ListPage } from '../parts/ListPage'
import { Rows, type Column } from '../parts/Rows'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Allowed } from '../session/Allowed'
import { hasExpired, KeyActions } from './KeyActions'
import { NewKey } from './NewKey'

export const KeyList = () => (
  <Allowed what="access" title="API keys">
    <Keys />
  </Allowed>
)

const COLUMNS: Column<ApiKey>[] = [
  {
    header: 'Used by',
    cell: ({ name, id, rotatedFrom }) => (
      <div>
        <Text size="sm" fw={600}>
          <Outside text={name} lines="clamped" />
        </Text>
        <Text size="xs" c="var(--muted)">
          {id}
          {rotatedFrom !== undefined && `, in place of ${rotatedFrom}`}
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
  {
    header: 'Made',
    width: '10rem',
    cell: ({ createdAt, createdBy }) => (
      <div>
        <Text size="sm">
          <When at={createdAt} />
        </Text>
        {createdBy !== undefined && (
          <Maker id={createdBy} />
        )}
      </div>
    ),
  },
  { header: 'Last used', width: '8rem', cell: ({ lastUsedAt }) => <Text size="sm">{lastUsedAt === undefined ? 'not yet' : <When at={lastUsedAt} />}</Text> },
  { header: 'Holds', width: '9rem', cell: (key) => <Holds apiKey={key} /> },
  { header: 'Actions', width: '5.5rem', cell: (key) => <KeyActions apiKey={key} /> },
]

function Maker({ id }: { id: string }) {
  const nameOf = useActorNames()
  return (
    <Text size="xs" c="var(--muted)">
      by <Outside text={nameOf({ kind: id.startsWith('usr_') ? 'user' : 'key', id })} />
    </Text>
  )
}

function Holds({ apiKey }: { apiKey: ApiKey }) {
  const { revokedAt, expiresAt } = apiKey
  if (revokedAt !== undefined) return <Text size="sm">revoked <When at={revokedAt} /></Text>
  if (expiresAt === undefined) return <Text size="sm">until it is revoked</Text>
  return (
    <Text size="sm">
      {hasExpired(apiKey) ? 'expired ' : 'expires '}
      <When at={expiresAt} />
    </Text>
  )
}

function Keys() {
  const list = useInfiniteQuery(apiKeysQuery)
  const [makes, make] = useDisclosure()
  const button = (
    <Button leftSection={<IconKey size={16} />} onClick={make.open}>
      Make a key
    </Button>
  )
  return (
    <>
      <ListPage
        title="API keys"
        crumbs={[{ text: 'Administration' }]}
        about="With which services call Herald for this tenant. A key is shown once, when it is made."
        aside={button}
        list={list}
        empty={
          <Empty title="No keys yet" icon={<IconKey size={40} stroke={1.3} />} action={button}>
            A service that publishes events needs one, with the scope <code>publish</code>.
          </Empty>
        }
      >
        {(keys) => <Rows label="API keys" rows={keys} columns={COLUMNS} />}
      </ListPage>
      <NewKey opened={makes} close={make.close} />
    </>
  )
}
