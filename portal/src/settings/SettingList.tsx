import { Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '../api/client'
import { settingsQuery } from '../api/queries'
import { inOnePiece } from '../parts/Listing'
import { ListPage } from '../parts/ListPage'
import { Rows, type Column } from '../parts/Rows'
import { Empty } from '../parts/states'
import { Outside } from '../parts/visible'
import { Allowed } from '../session/Allowed'

type Setting = Schemas['Setting'] & { id: string }

export const SettingList = () => (
  <Allowed what="admin" title="Settings">
    <Settings />
  </Allowed>
)

const SOURCES: Record<Setting['source'], string> = {
  environment: 'environment',
  file: 'file',
  started: 'started by Herald',
  default: 'default',
}

const COLUMNS: Column<Setting>[] = [
  {
    header: 'Setting',
    cell: ({ name, about }) => (
      <div>
        <Text size="sm" fw={600} ff="monospace" fz="xs">
          {name}
        </Text>
        <Text size="sm" c="var(--muted)">
          {about}
        </Text>
      </div>
    ),
  },
  { header: 'Value', width: '40%', cell: (setting) => <Value setting={setting} /> },
  {
    header: 'Comes from',
    width: '10rem',
    cell: ({ source, isSet }) => (
      <Text size="sm" fw={source === 'default' ? 400 : 600} c={source === 'default' ? 'var(--muted)' : undefined}>
        {isSet || source !== 'default' ? SOURCES[source] : '–'}
      </Text>
    ),
  },
]

function Value({ setting: { isSet, isSecret, value, file } }: { setting: Setting }) {
  if (!isSet) return <Text size="sm" c="var(--muted)">not set</Text>
  return (
    <Text size="sm">
      {isSecret && 'set, and shown to nobody'}
      {value !== undefined && <Outside text={value} />}
      {file !== undefined && (
        <>
          {isSecret && ': '}
          <code>
            <Outside text={file} />
          </code>
        </>
      )}
    </Text>
  )
}

/** Read-only: they are changed where Herald is started. */
function Settings() {
  const { data, error, refetch } = useQuery(settingsQuery)
  const [isBrief, setIsBrief] = useState(false)
  const shown = data?.data.filter(({ source }) => !isBrief || source !== 'default').map((setting) => ({ ...setting, id: setting.name }))
  const list = inOnePiece({ data: shown && { data: shown }, error, refetch })
  return (
    <ListPage
      title="Settings"
      crumbs={[{ text: 'Administration' }]}
      about="What the process that answers here was told when it was started, and from where. They are changed there: environment variables, then a new start."
      filters={<Switch p="md" label="Only what is no default" checked={isBrief} onChange={({ currentTarget }) => setIsBrief(currentTarget.checked)} />}
      list={list}
      empty={<Empty title="Nothing but defaults">This Herald was told nothing of its own.</Empty>}
    >
      {(settings) => <Rows label="Settings" rows={settings} columns={COLUMNS} />}
    </ListPage>
  )
}
