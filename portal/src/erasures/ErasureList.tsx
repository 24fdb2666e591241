import { Button, Progress, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconEraser } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Schemas } from '../api/client'
import { erasuresQuery } from '../api/queries'
import { ListPage } from '../parts/ListPage'
import { Rows, type Column } from '../parts/Rows'
import { StatusBadge } from '../parts/StatusBadge'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Allowed } from '../session/Allowed'
import { EraseDialog } from './EraseDialog'
import { Report } from './Report'

type Erasure = Schemas['Erasure']

export const ErasureList = () => (
  <Allowed what="erase" title="Erasures">
    <Page />
  </Allowed>
)

function Page() {
  const list = useInfiniteQuery({ ...erasuresQuery, refetchInterval: 3_000 })
  const [asks, ask] = useDisclosure()
  const button = <Button onClick={ask.open}>Erase an entity</Button>
  return (
    <>
      <ListPage
        title="Erasures"
        crumbs={[{ text: 'Administration' }]}
        about="The data of an account, a customer or a transaction, removed for good. Ids and outcomes stay."
        aside={button}
        list={list}
        empty={
          <Empty title="Nothing was erased yet" icon={<IconEraser size={40} stroke={1.3} />} action={button}>
            When a customer asks for it, erase what Herald keeps about them. The report says what is gone, what stays, and who may have got it.
          </Empty>
        }
      >
        {(erasures) => <Rows label="Erasures" rows={erasures} columns={COLUMNS} />}
      </ListPage>
      <EraseDialog opened={asks} close={ask.close} />
    </>
  )
}

const COLUMNS: Column<Erasure>[] = [
  {
    header: 'Entity',
    cell: ({ entityId, reason }) => (
      <div>
        <Text className="lead" size="sm" fw={600}>
          <Outside text={entityId} />
        </Text>
        {reason !== undefined && (
          <Text size="sm" c="var(--muted)">
            <Outside text={reason} lines="clamped" />
          </Text>
        )}
      </div>
    ),
  },
  { header: 'Status', width: '8rem', cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: 'Erased',
    width: '34%',
    cell: (erasure) => (
      <Stack gap={4}>
        {erasure.status === 'running' && <Progress value={erasure.total === 0 ? 0 : (100 * erasure.events) / erasure.total} aria-label={`Progress of ${erasure.id}`} />}
        <Report erasure={erasure} />
      </Stack>
    ),
  },
  {
    header: 'Begun',
    width: '9rem',
    cell: ({ createdAt }) => (
      <Text size="sm">
        <When at={createdAt} />
      </Text>
    ),
  },
]
