import { Alert, Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, type Schemas } from '../api/client'
import { webhookQuery } from '../api/queries'
import { Proposed } from '../approvals/Waiting'
import { Code } from '../parts/Code'
import { PageHead } from '../parts/PageHead'
import { LoadingPage, Problem } from '../parts/states'
import { toDraft, toPatch, type Draft } from './draft'
import { nameOf } from './names'
import { WebhookForm } from './WebhookForm'
import { Allowed } from '../session/Allowed'

const route = getRouteApi('/operations/webhook/$id/edit')

export const EditWebhook = () => (
  <Allowed what="manage" title="Edit">
    <Form />
  </Allowed>
)

function Form() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const queries = useQueryClient()
  // Read once: what another person changes meanwhile must not replace what is being typed.
  const { data: webhook, error, refetch } = useQuery({ ...webhookQuery(id), staleTime: Infinity, refetchOnMount: 'always' })
  const [newSecret, setNewSecret] = useState<string>()
  const [proposed, setProposed] = useState<Schemas['ProposedChange']>()
  if (error) return <Problem error={error} retry={() => void refetch()} />
  if (!webhook) return <LoadingPage />
  if (proposed) {
    return (
      <Stack>
        <PageHead title={`Edit ${nameOf(webhook)}`} crumbs={[{ text: 'Operations' }, { text: 'Webhook', to: '/operations/webhook' }]} />
        <Proposed {...proposed} />
      </Stack>
    )
  }

  async function submit(draft: Draft): Promise<void> {
    if (!webhook) return
    const changed = await answer(api.PATCH('/v1/webhooks/{id}', { params: { path: { id } }, body: toPatch(draft, webhook) }))
    await queries.invalidateQueries({ queryKey: ['webhooks'] })
    if ('approval' in changed) {
      setProposed(changed)
      window.scrollTo(0, 0)
      return
    }
    if (changed.secret !== undefined) {
      setNewSecret(changed.secret)
      return
    }
    notifications.show({ message: 'Saved. The next attempts use it.', color: 'green' })
    await navigate({ to: '/operations/webhook/$id', params: { id } })
  }

  return (
    <Stack>
      <PageHead title={`Edit ${nameOf(webhook)}`} crumbs={[{ text: 'Operations' }, { text: 'Webhook', to: '/operations/webhook' }]} />
      {newSecret !== undefined && (
        <Alert title="A new signing secret, shown this once" color="yellow" variant="light">
          <Code text={newSecret} label="Signing secret" />
        </Alert>
      )}
      <WebhookForm
        first={toDraft(webhook)}
        submitText="Save"
        submit={submit}
        cancel={
          <Button variant="default" renderRoot={(props) => <Link to="/operations/webhook/$id" params={{ id }} {...props} />}>
            {newSecret === undefined ? 'Cancel' : 'Back'}
          </Button>
        }
      />
    </Stack>
  )
}
