import { Alert, Button, Stack, Text } from '@mantine/core'
import { answer, api, type Webhook } from '../api/client'
import { Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { Outside } from '../parts/visible'
import { When } from '../parts/When'
import { useMay } from '../session/session'

/** Its endpoint has to show that it wants events. */
export function Unverified({ id, verification: { triedAt, failure } }: { id: string; verification: NonNullable<Webhook['verification']> }) {
  const may = useMay()
  const verify = useAction(
    () => answer(api.POST('/v1/webhooks/{id}/verify', { params: { path: { id } } })),
    (webhook) => (webhook.verification ? 'It has not answered as it should.' : 'Verified: what was held goes out.'),
  )
  return (
    <Alert color="yellow" variant="light" title="Pending verification: its endpoint has not answered the challenge yet">
      <Stack gap="xs" align="start">
        <Text size="sm">
          What it would get is held, and nothing is lost. Herald sends a signed POST of the type webhook.verification; the endpoint answers 2XX and repeats <code>data.challenge</code>, as text or as <code>{'{ "challenge": "…" }'}</code>. Then it goes on by itself.
        </Text>
        {failure !== undefined && triedAt !== undefined && (
          <Text size="sm">
            Last try, <When at={triedAt} />: <Outside text={failure} />.
          </Text>
        )}
        {verify.error !== null && <Problem error={verify.error} />}
        {may.manage && (
          <Button loading={verify.isPending} onClick={() => verify.mutate()}>
            Verify again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
