import { Button, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { answer, api, fieldsOf } from '../api/client'
import { AskForm } from '../parts/Ask'
import { saveFile } from '../parts/save-file'
import { toLocalInput, windowOf, type WindowSearch } from '../parts/time-window'
import { useAction } from '../parts/use-action'
import { useSignedIn } from '../session/session'
import { faultOf } from '../webhooks/draft'

type Format = 'csv' | 'ndjson'

/** Events with their outcomes between two times, for reconciliation. */
export function ExportEvents({ search }: { search: WindowSearch }) {
  const { by, tenantId } = useSignedIn()
  const [opened, { open, close }] = useDisclosure()
  const [format, setFormat] = useState<Format>('csv')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const begin = (): void => {
    const window = windowOf(search)
    setFrom(toLocalInput(window.from ?? windowOf({ since: 'today' }).from))
    setTo(toLocalInput(window.to))
    open()
  }
  const download = useAction(async () => {
    const query = { format, from: from === '' ? '' : new Date(from).toISOString(), ...(to !== '' && { to: new Date(to).toISOString() }) }
    await (by === 'session' ? saveByLink({ ...query, ...(tenantId !== '' && { tenantId }) }) : saveWhole(query))
    close()
  })
  const fields = fieldsOf(download.error)
  return (
    <>
      <Button variant="default" leftSection={<IconDownload size={16} />} onClick={begin}>
        Export
      </Button>
      <AskForm title="Export events" opened={opened} close={close} error={download.error} submitText="Export" busy={download.isPending} submit={() => download.mutate()}>
        <Text size="sm">A row for each delivery with its outcome, and one for each event that went nowhere, in publish order.</Text>
        <TextInput type="datetime-local" label="Published from" required value={from} error={faultOf(fields, 'from')} onChange={({ currentTarget }) => setFrom(currentTarget.value)} />
        <TextInput type="datetime-local" label="To, not included" description="Empty: until now." value={to} error={faultOf(fields, 'to')} onChange={({ currentTarget }) => setTo(currentTarget.value)} />
        <SegmentedControl
          aria-label="Format"
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'ndjson', label: 'NDJSON' },
          ]}
          value={format}
          onChange={setFormat}
        />
      </AskForm>
    </>
  )
}

type Query = { format: Format; from: string; to?: string; tenantId?: string }

/** At any size: the browser writes what comes. Asked for first, so that a refusal is shown here and not saved as a file. */
async function saveByLink(query: Query): Promise<void> {
  const begun = await answer(api.GET('/v1/events/export', { params: { query }, parseAs: 'stream' }))
  await begun.cancel()
  Object.assign(document.createElement('a'), { href: `/v1/events/export?${new URLSearchParams(query).toString()}`, download: '' }).click()
}

/** A link cannot carry an API key: what it lets in for is fetched whole. */
async function saveWhole(query: Query): Promise<void> {
  const file = await answer(api.GET('/v1/events/export', { params: { query }, parseAs: 'blob' }))
  saveFile(file, `events-${query.from.slice(0, 10)}.${query.format}`)
}
