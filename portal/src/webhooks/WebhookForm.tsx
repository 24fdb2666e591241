import { Button, Group, Stack, Switch, TextInput } from '@mantine/core'
import { useState, type FormEvent, type ReactNode } from 'react'
import { toCallError } from '../api/client'
import { Card, Problem } from '../parts/states'
import { CredentialFields, HeaderFields, PolicyFields } from './CredentialFields'
import { faultOf, type Draft } from './draft'
import { EventTypeTable } from './EventTypeTable'
import { FilterEditor } from './FilterEditor'
import { LimitFields } from './LimitFields'
import { CertificateFields, SignatureFields } from './TrustFields'
import { PolicyLine } from './PolicyLine'
import { UrlField } from './UrlField'

interface WebhookFormProps {
  first: Draft
  submitText: string
  cancel: ReactNode
  submit: (draft: Draft) => Promise<void>
}

/** Everything that a person says of a webhook. What is typed stays until it is saved. */
export function WebhookForm({ first, submitText, cancel, submit }: WebhookFormProps) {
  const [draft, setDraft] = useState(first)
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const fields = error === undefined ? [] : toCallError(error).fields
  const change = (part: Partial<Draft>): void => setDraft((now) => ({ ...now, ...part }))

  async function send(form: FormEvent): Promise<void> {
    form.preventDefault()
    setBusy(true)
    setError(undefined)
    // Also what is wrong before anything is sent.
    await Promise.resolve(draft).then(submit).catch(setError)
    setBusy(false)
  }

  return (
    <form onSubmit={(form) => void send(form)} noValidate>
      <Stack>
        <Card title="Endpoint">
          <Stack>
            <TextInput
              label="Name"
              description="How people here call it. Optional."
              placeholder="Core banking, customer 4711"
              maxLength={1_024}
              value={draft.description}
              error={faultOf(fields, 'description')}
              onChange={({ currentTarget }) => change({ description: currentTarget.value })}
            />
            <UrlField value={draft.url} fault={faultOf(fields, 'url')} onChange={(url) => change({ url })} />
          </Stack>
        </Card>
        <Card title="What it gets">
          <Stack>
            <EventTypeTable chosen={draft.eventTypes} fault={faultOf(fields, 'eventTypes')} onChange={(eventTypes) => change({ eventTypes })} />
            <FilterEditor draft={draft} fields={fields} change={change} />
          </Stack>
        </Card>
        <Card title="How it is called">
          <Stack>
            <CredentialFields draft={draft} fields={fields} change={change} />
            <HeaderFields draft={draft} fields={fields} change={change} />
            <CertificateFields draft={draft} fields={fields} change={change} />
            <SignatureFields draft={draft} fields={fields} change={change} />
            <TextInput label="Time for an answer" description="500ms to 30s." w={160} value={draft.timeout} error={faultOf(fields, 'timeout')} onChange={({ currentTarget }) => change({ timeout: currentTarget.value })} />
          </Stack>
        </Card>
        <Card title="How much at once, and in which order">
          <LimitFields draft={draft} fields={fields} change={change} />
        </Card>
        <Card title="When it fails">
          <Stack>
            <PolicyFields draft={draft} fields={fields} change={change} />
            <PolicyLine policy={draft} />
            <Switch
              label="Suspend it when it fails for long"
              description="After 20 failures over at least 10 minutes, deliveries are held and it is tried now and then, until it answers again."
              checked={draft.autoSuspend}
              onChange={({ currentTarget }) => change({ autoSuspend: currentTarget.checked })}
            />
          </Stack>
        </Card>
        {error !== undefined && <Problem error={error} />}
        <Group justify="flex-end">
          {cancel}
          <Button type="submit" loading={busy}>
            {submitText}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
