import { Anchor, Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconListDetails } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { AuditLine } from '../api/client'
import { auditQuery, type AuditFilter } from '../api/queries'
import { Listing, whileShort } from '../parts/Listing'
import { PageHead } from '../parts/PageHead'
import { Rows, type Column } from '../parts/Rows'
import { Card, Empty } from '../parts/states'
import { TextFilter } from '../parts/TextFilter'
import { windowOf } from '../parts/time-window'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { WindowFields } from '../parts/WindowFields'
import { Allowed } from '../session/Allowed'
import { ChainState } from './ChainState'
import { ExportAudit } from './ExportAudit'
import { LineDrawer } from './LineDrawer'
import { useActorNames } from './names'
import { Outcome } from './Outcome'
import { TargetLink } from './TargetLink'
import { ACTIONS, actionWords } from './words'

const route = getRouteApi('/administration/audit')

export const AuditList = () => (
  <Allowed what="access" title="Audit">
    <Audit />
  </Allowed>
)

type Row = AuditLine & { id: number }

function Audit() {
  const { since, from, to, ...rest } = route.useSearch()
  const navigate = route.useNavigate()
  const filter: AuditFilter = { ...rest, ...windowOf({ since, from, to }) }
  // Whoever looks for something reads what was there.
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const list = useInfiniteQuery({ ...auditQuery(filter), refetchInterval: isFiltered ? false : whileShort(5_000) })
  const nameOf = useActorNames()
  const [shown, show] = useState<AuditLine>()
  return (
    <Stack>
      <PageHead title="Audit" crumbs={[{ text: 'Administration' }]} aside={<ExportAudit filter={filter} />}>
        <Text c="var(--muted)" size="sm">
          Who did what, when and from where: every change, retry, release and sign-in, newest first.
        </Text>
      </PageHead>
      <ChainState />
      <Card p={0}>
        <Filters />
        <Listing list={list} empty={isFiltered ? <NothingFits showAll={() => void navigate({ search: {} })} /> : <NothingYet />}>
          {(lines) => <Rows label="Audit" rows={lines.map((line): Row => ({ ...line, id: line.number }))} columns={columns(nameOf, show)} />}
        </Listing>
      </Card>
      <LineDrawer line={shown} who={shown ? nameOf(shown.actor) : ''} close={() => show(undefined)} />
    </Stack>
  )
}

const columns = (nameOf: (actor: AuditLine['actor']) => string, show: (line: AuditLine) => void): Column<Row>[] => [
  {
    header: 'What',
    width: '14rem',
    cell: (line) => (
      <Anchor component="button" type="button" className="lead" size="sm" fw={600} ta="left" onClick={() => show(line)} aria-haspopup="dialog">
        {actionWords(line.action)}
      </Anchor>
    ),
  },
  { header: 'Who', cell: ({ actor }) => <Text size="sm"><Outside text={nameOf(actor)} lines="clamped" /></Text> },
  {
    header: 'On what',
    cell: ({ target, action }) => (
      <Text size="sm" component="div" className="above" style={{ overflowWrap: 'anywhere' }}>
        {target[0] === undefined ? '–' : <TargetLink id={target[0]} action={action} />}
      </Text>
    ),
  },
  { header: 'From', width: '8.5rem', cell: ({ from }) => <Text size="sm"><Outside text={from} /></Text> },
  { header: 'Outcome', width: '9.5rem', cell: (line) => <Outcome line={line} /> },
  { header: 'When', width: '8.5rem', cell: ({ at }) => <Text size="sm"><When at={at} /></Text> },
]

function Filters() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: typeof search): void => void navigate({ search: (now) => ({ ...now, ...part }), replace: true })
  return (
    <Group p="md" gap="sm" role="group" aria-label="Filters">
      <Select
        aria-label="What"
        placeholder="Anything"
        clearable
        searchable
        data={Object.entries(ACTIONS).map(([value, label]) => ({ value, label }))}
        value={search.action ?? null}
        onChange={(action) => change({ action: action ?? undefined })}
        w={{ base: '100%', md: 230 }}
      />
      <TextFilter label="Who: user or key ID" value={search.actor} onChange={(actor) => change({ actor })} />
      <TextFilter label="On what: ID" value={search.target} onChange={(target) => change({ target })} />
      <TextFilter label="From: IP address" value={search.address} onChange={(address) => change({ address })} />
      <WindowFields search={search} change={change} />
    </Group>
  )
}

const NothingFits = ({ showAll }: { showAll: () => void }) => (
  <Empty title="No line fits" icon={<IconListDetails size={40} stroke={1.3} />} action={<Button variant="default" onClick={showAll}>Show all</Button>}>
    There is none with all that the filters ask for. What only reads, and what is published, has no line.
  </Empty>
)

const NothingYet = () => (
  <Empty title="No line yet" icon={<IconListDetails size={40} stroke={1.3} />}>
    Every change, retry, release and sign-in of this tenant gets one. What only reads, and what is published, has none.
  </Empty>
)
