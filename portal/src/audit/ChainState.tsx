import { Alert, Loader, Text } from '@mantine/core'
import { IconLink, IconUnlink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '../api/client'
import { auditVerdictQuery } from '../api/queries'
import { Problem } from '../parts/states'

/** Whether the book is as it was written, in words. */
export function ChainState() {
  const { data, error, refetch } = useQuery(auditVerdictQuery)
  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!data) {
    return (
      <Alert variant="light" color="gray" icon={<Loader size={18} />} title="The book is being read" role="status">
        Every line is compared with the hash of the one before.
      </Alert>
    )
  }
  return data.whole ? <Whole verdict={data} /> : <Broken verdict={data} />
}

const SHOWN = 10

function Whole({ verdict: { lines = 0, lastHash = '', open = [] } }: { verdict: Schemas['AuditVerdict'] }) {
  return (
    <Alert variant="light" color="green" icon={<IconLink />} title="The book is whole" role="status">
      <Text size="sm">
        {lines.toLocaleString()} {lines === 1 ? 'line' : 'lines'}, none of them changed or removed. A change has two: one when it is begun, one at its end; the list shows the second.
        {open.length > 0 && ` Begun, without an end on record: ${open.length === 1 ? 'line' : 'lines'} ${open.slice(-SHOWN).join(', ')}${open.length > SHOWN ? ' and others' : ''}.`}
      </Text>
      {lastHash !== '' && (
        <Text size="xs" c="var(--muted)" style={{ overflowWrap: 'anywhere' }}>
          Last hash, to be noted elsewhere: <code>{lastHash}</code>
        </Text>
      )}
    </Alert>
  )
}

const Broken = ({ verdict: { brokenAt = 0, why = '' } }: { verdict: Schemas['AuditVerdict'] }) => (
  <Alert variant="light" color="red" icon={<IconUnlink />} title="The book is not as it was written" role="alert">
    Line {brokenAt}: {why}. Nothing after it can be relied on. Compare with an export or a hash that was noted elsewhere, and look into who can write to MongoDB.
  </Alert>
)
