import { Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { answer, api, type Schemas } from '../api/client'
import { Proposed } from '../approvals/Waiting'
import { PageHead } from '../parts/PageHead'
import { ShownOnce } from '../parts/ShownOnce'
import { Card } from '../parts/states'
import { EMPTY, toCreate, type Draft } from './draft'
import { nameOf } from './names'
import { PublicKey } from './PublicKey'
import { Snippets } from './Snippets'
import { TestEvent } from './TestEvent'
import { Unverified } from './Unverified'
import { WebhookForm } from './WebhookForm'
import { Allowed } from '../session/Allowed'

const CRUMBS = [{ text: 'Operations' }, { text: 'Webhook', to: '/operations/webhook' as const }]

export const AddWebhook = () => (
  <Allowed what="manage" title="Add Webhook">
    <Form />
  </Allowed>
)

function Form() {
  const [made, setMade] = useState<Schemas['CreatedWebhook'] | Schemas['ProposedChange']>()
  const queries = useQueryClient()

  async function submit(draft: Draft): Promise<void> {
    const webhook = await answer(api.POST('/v1/webhooks', { body: toCreate(draft) }))
    await queries.invalidateQueries({ queryKey: ['webhooks'] })
    setMade(webhook)
    window.scrollTo(0, 0)
  }

  if (made && 'approval' in made) {
    return (
      <Stack>
        <PageHead title="Asked for" crumbs={CRUMBS} />
        <Proposed {...made} />
      </Stack>
    )
  }
  if (made) return <Made webhook={made} />
  return (
    <Stack>
      <PageHead title="Add Webhook" crumbs={CRUMBS} />
      <WebhookForm
        first={EMPTY}
        submitText="Add Webhook"
        submit={submit}
        cancel={
          <Button variant="default" renderRoot={(props) => <Link to="/operations/webhook" {...props} />}>
            Cancel
          </Button>
        }
      />
    </Stack>
  )
}

function Made({ webhook }: { webhook: Schemas['CreatedWebhook'] }) {
  return (
    <Stack>
      <PageHead title={`${nameOf(webhook)} is added`} crumbs={CRUMBS} />
      {webhook.signatures.includes('v1') && (
        <Card title="Signing secret">
          <ShownOnce text={webhook.secret} label="The secret">
            Give it to whoever runs the endpoint: with it they can tell that a POST comes from here. Herald keeps it sealed: only an administrator can have it shown again, which is audited.
          </ShownOnce>
        </Card>
      )}
      {webhook.publicKey !== undefined && (
        <Card title="Public key">
          <Text size="sm" mb="sm">
            Give it to whoever runs the endpoint, or let them fetch it: with it anybody can tell that a POST comes from here, and only Herald can sign one. It stands on the page of the webhook too.
          </Text>
          <PublicKey webhook={webhook} />
        </Card>
      )}
      <Card title="Verify the signature">
        <Text size="sm" c="var(--muted)" mb="sm">
          For the endpoint. Any library of Standard Webhooks does the same.
        </Text>
        <Snippets signatures={webhook.signatures} />
      </Card>
      {webhook.verification ? (
        <Unverified id={webhook.id} verification={webhook.verification} />
      ) : (
        <Card title="Try it">
          <TestEvent webhook={webhook} />
        </Card>
      )}
      <Group justify="flex-end">
        <Button renderRoot={(props) => <Link to="/operations/webhook/$id" params={{ id: webhook.id }} {...props} />}>Done: go to the webhook</Button>
      </Group>
    </Stack>
  )
}
