import { Switch, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { answer, api, fieldsOf, type Tenant } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { useSession } from '../session/session'
import { faultOf } from '../webhooks/draft'
import { draftOf, toCreate, toPatch } from './draft'

/** Makes a tenant, or changes the one that stands. */
export function TenantDialog({ standing, close }: { standing?: Tenant; close: () => void }) {
  const { readAgain } = useSession()
  const [draft, setDraft] = useState(() => draftOf(standing))
  const change = (part: Partial<typeof draft>): void => setDraft((now) => ({ ...now, ...part }))
  const save = useAction(
    async () => {
      const saved = await (standing
        ? answer(api.PATCH('/v1/tenants/{id}', { params: { path: { id: standing.id } }, body: toPatch(draft, standing) }))
        : answer(api.POST('/v1/tenants', { body: toCreate(draft) })))
      // The menu of tenants knows the new one.
      await readAgain()
      close()
      return 'approval' in saved
    },
    (waits) => (waits ? 'A second person has to approve it first: see Approvals, in that tenant.' : standing ? 'Saved.' : 'Made. The menu at the top leads to it.'),
  )
  const fields = fieldsOf(save.error)
  return (
    <AskForm
      title={standing ? `Change ${standing.id}` : 'Make a tenant'}
      opened
      close={close}
      error={save.error}
      submitText={standing ? 'Save' : 'Make the tenant'}
      busy={save.isPending}
      submit={() => save.mutate()}
    >
      {!standing && (
        <TextInput label="ID" description="a-z, 0-9 and -. It stays for ever." placeholder="bank-north" required data-autofocus value={draft.id} error={faultOf(fields, 'id')} onChange={({ currentTarget }) => change({ id: currentTarget.value })} />
      )}
      <TextInput label="Name" maxLength={200} value={draft.name} error={faultOf(fields, 'name')} onChange={({ currentTarget }) => change({ name: currentTarget.value })} />
      <TextInput label="Parked for" description="How long a parked delivery waits for a person: 30d, 12h." value={draft.parkedFor} error={faultOf(fields, 'parkedFor')} onChange={({ currentTarget }) => change({ parkedFor: currentTarget.value })} />
      <TextInput label="Notice before it expires" value={draft.expiryNotice} error={faultOf(fields, 'expiryNotice')} onChange={({ currentTarget }) => change({ expiryNotice: currentTarget.value })} />
      <TextInput label="Events kept for" description="After the last delivery is final." value={draft.retention} error={faultOf(fields, 'retention')} onChange={({ currentTarget }) => change({ retention: currentTarget.value })} />
      <Switch label="Legal hold" description="Everything stays, whatever the time above." checked={draft.legalHold} onChange={({ currentTarget }) => change({ legalHold: currentTarget.checked })} />
      <Switch label="Four eyes" description="New webhooks, and changes of URLs, credentials and secrets, wait for a second person, who signs in: no key approves. So does switching this off. Herald cannot tell who holds the admin key: whoever does, and is a user as well, could approve what they ask for with it." checked={draft.fourEyes} onChange={({ currentTarget }) => change({ fourEyes: currentTarget.checked })} />
      <Switch label="Endpoints prove that they want events" description="A webhook with a new URL is held until its endpoint has answered a signed challenge." checked={draft.ownershipCheck} onChange={({ currentTarget }) => change({ ownershipCheck: currentTarget.checked })} />
      <Textarea
        label="E-mail to"
        description="Who is told what is parked, suspended or about to expire: one address a line. Empty: those whom Herald's settings name."
        autosize
        minRows={2}
        value={draft.notifyEmails}
        error={faultOf(fields, 'notifyEmails')}
        onChange={({ currentTarget }) => change({ notifyEmails: currentTarget.value })}
      />
    </AskForm>
  )
}
