import { Button, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { answer, api, fieldsOf } from '../api/client'
import { AskForm } from '../parts/Ask'
import { toLocalInput, windowOf, type WindowSearch } from '../parts/time-window'
import { saveFile } from '../parts/save-file'
import { useAction } from '../parts/use-action'
import { faultOf } from '../webhooks/draft'

type Format = 'csv' | 'ndjson'

/** Events with their outcomes between two times, for reconciliation. */
export function ExportEvents({ search }: { search: WindowSearch }) {
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
    // Not by a link: it could not say which tenant it is about.
    const file = await answer(api.GET('/v1/events/export', { params: { query }, parseAs: 'blob' }))
    saveFile(file, `events-${from.slice(0, 10)}.${format}`)
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
