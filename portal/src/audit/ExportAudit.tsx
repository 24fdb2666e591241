import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { answer, api, toCallError } from '../api/client'
import type { AuditFilter } from '../api/queries'
import { saveFile } from '../parts/save-file'

const FORMATS = ['csv', 'ndjson'] as const
type Format = (typeof FORMATS)[number]

/** All lines that fit the filters, as a file. */
export function ExportAudit({ filter }: { filter: AuditFilter }) {
  // It changes nothing: nothing has to be read again.
  const download = useMutation({
    mutationFn: (format: Format) => read(filter, format),
    onError: (error) => notifications.show({ color: 'red', title: 'The export failed', message: toCallError(error).message }),
  })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={download.isPending}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map((format) => (
          <Menu.Item key={format} onClick={() => download.mutate(format)}>
            {format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** The API gives it in parts, and says where the next one begins. */
async function read(filter: AuditFilter, format: Format): Promise<void> {
  const parts: string[] = []
  for (let after = '0'; after !== ''; ) {
    const part = await partOf(filter, format, after)
    parts.push(part.text)
    after = part.next
  }
  saveFile(new Blob(parts, { type: format === 'csv' ? 'text/csv' : 'application/x-ndjson' }), `audit.${format}`)
}

async function partOf(filter: AuditFilter, format: Format, after: string): Promise<{ text: string; next: string }> {
  const call = api.GET('/v1/audit/export', { params: { query: { ...filter, format, after } }, parseAs: 'blob' })
  const file = await answer(call)
  return { text: await file.text(), next: (await call).response.headers.get('herald-next-after') ?? '' }
}
