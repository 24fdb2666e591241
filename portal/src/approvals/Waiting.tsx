import { Alert, Stack, Text } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Approval } from '../api/client'
import { pendingApprovalsQuery } from '../api/queries'
import { PortalLink } from '../parts/PageHead'
import { ShownOnce } from '../parts/ShownOnce'

/** Of a webhook: that a change of it waits. */
export function WaitingChanges({ target }: { target: string }) {
  const { data } = useQuery({ ...pendingApprovalsQuery(target), refetchInterval: 10_000 })
  const waiting = data?.data ?? []
  if (waiting.length === 0) return null
  const forMe = waiting.some(({ mayApprove }) => mayApprove)
  return (
    <Alert color="blue" variant="light" icon={<IconUsers />} title={waiting.length === 1 ? 'A change waits for a second person' : `${waiting.length} changes wait for a second person`}>
      What is shown here counts until then. <PortalLink inherit underline="always" to="/operations/approvals" search={{ target }}>{forMe ? 'Look at it and decide' : 'Look at it'}</PortalLink>
    </Alert>
  )
}

/** What was asked for, and is not done yet. */
export function Proposed({ approval: { id }, secret }: { approval: Pick<Approval, 'id'>; secret?: string | undefined }) {
  return (
    <Stack>
      <Alert color="blue" variant="light" icon={<IconUsers />} title="It waits for a second person" role="status">
        <Text size="sm">
          Nothing is changed yet. Somebody else who may change webhooks has to approve it, within seven days: <PortalLink inherit underline="always" to="/operations/approvals">Approvals</PortalLink>, {id}.
        </Text>
      </Alert>
      {secret !== undefined && (
        <ShownOnce text={secret} label="The secret">
          It signs once the change is approved. Give it to whoever runs the endpoint: Herald keeps it sealed and does not show it to who approves.
        </ShownOnce>
      )}
    </Stack>
  )
}
