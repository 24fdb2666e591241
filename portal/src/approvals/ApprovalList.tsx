import { Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { Approval } from '../api/client'
import { approvalsQuery } from '../api/queries'
import { TargetLink } from '../audit/TargetLink'
import { Changes } from '../parts/Changes'
import { Fact, Facts } from '../parts/Facts'
import { Listing, whileShort } from '../parts/Listing'
import { PageHead } from '../parts/PageHead'
import { Card, Empty } from '../parts/states'
import { Tinted } from '../parts/StatusBadge'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { Decide } from './Decide'

const route = getRouteApi('/operations/approvals')

export function ApprovalList() {
  const { status = 'pending', target } = route.useSearch()
  const navigate = route.useNavigate()
  const isPending = status === 'pending'
  const list = useInfiniteQuery({ ...approvalsQuery({ ...(isPending && { status: 'pending' as const }), ...(target !== undefined && { target }) }), refetchInterval: whileShort(5_000) })
  return (
    <Stack>
      <PageHead title="Approvals" crumbs={[{ text: 'Operations' }]}>
        <Text c="var(--muted)" size="sm">
          Where a tenant asks for four eyes, new webhooks and changes of URLs, credentials and secrets wait here until a second person has looked at them, who has signed in: no key approves.
        </Text>
      </PageHead>
      <Group>
        <SegmentedControl
          aria-label="Which"
          data={[
            { value: 'pending', label: 'Waiting' },
            { value: 'all', label: 'All' },
          ]}
          value={isPending ? 'pending' : 'all'}
          onChange={(chosen) => void navigate({ search: (now) => ({ ...now, status: chosen === 'all' ? 'all' : undefined }), replace: true })}
        />
        {target !== undefined && (
          <Button variant="default" onClick={() => void navigate({ search: (now) => ({ ...now, target: undefined }) })}>
            Of every webhook
          </Button>
        )}
      </Group>
      <Listing list={list} empty={<Card><Empty title={isPending ? 'Nothing waits' : 'No changes yet'} icon={<IconUsers size={40} stroke={1.3} />}>A change that needs a second person appears here.</Empty></Card>}>
        {(approvals) => approvals.map((approval) => <One key={approval.id} approval={approval} />)}
      </Listing>
    </Stack>
  )
}

const COLORS: Record<Approval['status'], string> = { pending: 'blue', approved: 'green', rejected: 'red', expired: 'gray', overtaken: 'orange' }
const WORDS: Record<Approval['status'], string> = { pending: 'waits', approved: 'approved', rejected: 'rejected', expired: 'expired', overtaken: 'overtaken by another change' }

const TITLES: Record<string, string> = {
  'POST /v1/webhooks': 'Add a webhook',
  'PATCH /v1/webhooks/{id}': 'Change a webhook',
  'POST /v1/webhooks/{id}/rotate-secret': 'Replace a signing secret',
  'POST /v1/webhooks/{id}/rotate-key': 'Replace a key pair',
  'PATCH /v1/tenants/{id}': 'Change the settings of the tenant',
}

function One({ approval }: { approval: Approval }) {
  const { id, status, operation, about, targets, changes, requestedBy, requestedAt, expiresAt, decidedBy, decidedAt, reason, mayBeMade } = approval
  const isNew = operation === 'POST /v1/webhooks'
  return (
    <Card>
      <Group justify="space-between" mb="sm">
        <Title order={2}>
          {TITLES[operation] ?? operation}: <Outside text={about} lines="clamped" />
        </Title>
        <Tinted text={WORDS[status]} color={COLORS[status]} />
      </Group>
      <Facts>
        <Fact name="Asked for by">
          <Outside text={personText(requestedBy)} />, <When at={requestedAt} />
        </Fact>
        {status === 'pending' && requestedBy.person === 'admin' && (
          <Fact name="Before you approve">Find out who asked: it was done with the admin key, or a key that was made with it, and Herald cannot tell which person has that. Approve it only when it was somebody else than you.</Fact>
        )}
        {status === 'pending' && (
          <Fact name="Waits until">
            <When at={expiresAt} as="day" />
          </Fact>
        )}
        {decidedBy && decidedAt !== undefined && (
          <Fact name="Decided by">
            <Outside text={personText(decidedBy)} />, <When at={decidedAt} />
          </Fact>
        )}
        {reason !== undefined && (
          <Fact name="Why">
            <Outside text={reason} />
          </Fact>
        )}
        {mayBeMade && <Fact name="Look at it">Herald was stopped while it was being made: it may have been.</Fact>}
        {!(isNew && status !== 'approved') && (
          <Fact name="About">
            {targets.map((target) => (
              <TargetLink key={target} id={target} action={operation} />
            ))}
          </Fact>
        )}
        <Fact name="ID">
          <code>{id}</code>
        </Fact>
      </Facts>
      <Changes changes={changes} />
      {status === 'pending' && <Decide approval={approval} />}
    </Card>
  )
}

const personText = ({ kind, id, name }: Approval['requestedBy']): string => {
  if (id === 'admin') return 'the admin key'
  const called = name ?? id
  return kind === 'user' ? called : `${kind === 'key' ? 'the API key' : 'the guest'} ${called}`
}
