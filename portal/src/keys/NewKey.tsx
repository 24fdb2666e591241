import { Checkbox, Select, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { answer, api, fieldsOf, type Schemas } from '../api/client'
import { AskForm } from '../parts/Ask'
import { useAction } from '../parts/use-action'
import { useSignedIn } from '../session/session'
import { faultOf } from '../webhooks/draft'
import { KeyShownOnce } from './KeyShownOnce'

type KeyScope = Schemas['CreateApiKey']['scopes'][number]

const SCOPES: { value: KeyScope; label: string; description: string }[] = [
  { value: 'publish', label: 'publish', description: 'Publish events, and cancel those that are scheduled' },
  { value: 'read', label: 'read', description: 'Look at everything of this tenant, with event data and answers masked' },
  { value: 'data', label: 'data', description: 'See event data and answers as they are' },
  { value: 'retry', label: 'retry', description: 'Retry, cancel and release deliveries' },
  { value: 'manage', label: 'manage', description: 'Make and change webhooks' },
  { value: 'reveal', label: 'reveal', description: 'Show signing secrets again' },
  { value: 'erase', label: 'erase', description: 'Erase the data of an entity for good' },
  { value: 'access', label: 'access', description: 'Make API keys, users and portal links' },
  { value: 'admin', label: 'admin', description: 'Everything, in every tenant' },
]

const FOR_EVER = 'ever'
const LIFETIMES = [
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
  { value: '365d', label: 'A year' },
  { value: FOR_EVER, label: 'Until it is revoked' },
]

export function NewKey({ opened, close }: { opened: boolean; close: () => void }) {
  const { scopes: mine } = useSignedIn()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>(['publish'])
  const [expiresIn, setExpiresIn] = useState(FOR_EVER)
  const [made, setMade] = useState<Schemas['CreatedApiKey']>()
  const make = useAction(async () => {
    const key = await answer(api.POST('/v1/api-keys', { body: { name: name.trim(), scopes: scopes as KeyScope[], ...(expiresIn !== FOR_EVER && { expiresIn }) } }))
    close()
    setName('')
    setMade(key)
  })
  const fields = fieldsOf(make.error)
  // Nobody gives more than they have.
  const offered = SCOPES.filter(({ value }) => mine === undefined || mine.includes('admin') || mine.includes(value))
  return (
    <>
      <AskForm title="Make an API key" opened={opened} close={close} error={make.error} submitText="Make the key" busy={make.isPending} submit={() => make.mutate()}>
        <TextInput label="Used by" placeholder="Account service" required maxLength={200} data-autofocus value={name} error={faultOf(fields, 'name')} onChange={({ currentTarget }) => setName(currentTarget.value)} />
        <Checkbox.Group label="What it may do" required value={scopes} onChange={setScopes} error={faultOf(fields, 'scopes')}>
          <Stack gap="xs" mt="xs">
            {offered.map((scope) => (
              <Checkbox key={scope.value} {...scope} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select label="It holds for" description="Rotate it before: the new key and the old one then hold side by side for a while." data={LIFETIMES} allowDeselect={false} value={expiresIn} error={faultOf(fields, 'expiresIn')} onChange={(chosen) => chosen !== null && setExpiresIn(chosen)} />
      </AskForm>
      <KeyShownOnce made={made} close={() => setMade(undefined)} />
    </>
  )
}
