import { Stack, Text } from '@mantine/core'
import type { FieldChange } from '../api/client'
import { Outside } from './visible'

/** What a change makes of a thing, field by field: before, and after. */
export function Changes({ changes }: { changes: FieldChange[] }) {
  return (
    <table className="rows" role="table" aria-label="Changes">
      <thead role="rowgroup">
        <tr role="row">
          {['Field', 'Before', 'After'].map((header) => (
            <th key={header} role="columnheader" scope="col" style={{ whiteSpace: 'nowrap' }}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {changes.map(({ field, before, after, hidden }) => (
          <tr key={field} role="row">
            <td role="cell" data-label="Field">
              <Text size="sm" fw={600}>
                {nameOfField(field)}
              </Text>
            </td>
            <td role="cell" data-label="Before">
              <Value json={before} />
            </td>
            <td role="cell" data-label="After">
              <Stack gap={2}>
                <Value json={after} />
                {hidden && (
                  <Text size="xs" c="var(--muted)">
                    given anew; what it holds is never shown
                  </Text>
                )}
              </Stack>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value({ json }: { json: string | undefined }) {
  if (json === undefined) return <Text size="sm" c="var(--muted)">none</Text>
  return (
    <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
      <Outside text={plain(json)} />
    </Text>
  )
}

/** A text without its quotation marks, a list as people write one; anything else as JSON. */
function plain(json: string): string {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'string') return value
    if (typeof value === 'boolean') return value ? 'yes' : 'no'
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(', ')
    const { type, ...rest }: { type?: unknown } = Object(value)
    if (typeof type === 'string' && Object.keys(rest).length === 0) return type
    return json
  } catch {
    return json
  }
}

const NAMES: Record<string, string> = {
  url: 'URL',
  auth: 'Credentials',
  eventTypes: 'Event types',
  maxInFlight: 'Requests at once',
  rateLimit: 'Limit',
  autoSuspend: 'Suspended when it fails for long',
  onExhausted: 'When out of attempts',
  retry: 'Retry policy',
  timeout: 'Time for an answer',
  fourEyes: 'Changes wait for a second person',
  ownershipCheck: 'Endpoints have to answer a challenge',
}

/** `parkedFor` is `Parked for`. */
const nameOfField = (field: string): string => NAMES[field] ?? field.charAt(0).toUpperCase() + field.slice(1).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
