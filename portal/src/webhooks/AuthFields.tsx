import { PasswordInput, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import type { FieldError } from '../api/client'
import { faultOf, type Draft } from './draft'

interface PartProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

/** What of credentials is typed, by their kind. */
export function AuthFields(props: PartProps) {
  switch (props.draft.auth) {
    case 'basic':
      return <BasicFields {...props} />
    case 'bearer':
      return <BearerField {...props} />
    case 'oauth2':
      return <OAuthFields {...props} />
    default:
      return null
  }
}

const BasicFields = ({ draft, fields, change }: PartProps) => (
  <SimpleGrid cols={{ base: 1, xs: 2 }}>
    <TextInput label="User name" autoComplete="off" required value={draft.username} error={faultOf(fields, 'auth.username')} onChange={({ currentTarget }) => change({ username: currentTarget.value })} />
    <PasswordInput label="Password" autoComplete="new-password" value={draft.password} error={faultOf(fields, 'auth.password')} onChange={({ currentTarget }) => change({ password: currentTarget.value })} />
  </SimpleGrid>
)

const BearerField = ({ draft, fields, change }: PartProps) => (
  <PasswordInput label="Token" description="Sent as Bearer, until it is replaced here." autoComplete="new-password" required value={draft.token} error={faultOf(fields, 'auth.token')} onChange={({ currentTarget }) => change({ token: currentTarget.value })} />
)

const OAuthFields = ({ draft, fields, change }: PartProps) => (
  <Stack gap="sm">
    <TextInput label="Token endpoint" placeholder="https://login.example.com/oauth2/token" required value={draft.tokenUrl} error={faultOf(fields, 'auth.tokenUrl')} onChange={({ currentTarget }) => change({ tokenUrl: currentTarget.value })} />
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <TextInput label="Client ID" autoComplete="off" required value={draft.clientId} error={faultOf(fields, 'auth.clientId')} onChange={({ currentTarget }) => change({ clientId: currentTarget.value })} />
      <PasswordInput label="Client secret" autoComplete="new-password" required value={draft.clientSecret} error={faultOf(fields, 'auth.clientSecret')} onChange={({ currentTarget }) => change({ clientSecret: currentTarget.value })} />
      <TextInput label="Scope" description="Optional; with spaces between several." value={draft.scope} error={faultOf(fields, 'auth.scope')} onChange={({ currentTarget }) => change({ scope: currentTarget.value })} />
      <TextInput label="Audience" description="Optional; for servers that ask for it." value={draft.audience} error={faultOf(fields, 'auth.audience')} onChange={({ currentTarget }) => change({ audience: currentTarget.value })} />
    </SimpleGrid>
    <div>
      <Text size="sm" fw={500} id="client-authentication">
        The endpoint gets the secret
      </Text>
      <SegmentedControl
        mt={4}
        aria-labelledby="client-authentication"
        data={[
          { value: 'basic', label: 'in a header' },
          { value: 'body', label: 'in the body' },
        ]}
        value={draft.clientAuthentication}
        onChange={(chosen) => change({ clientAuthentication: chosen === 'body' ? 'body' : 'basic' })}
      />
    </div>
  </Stack>
)
