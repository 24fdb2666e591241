import { Button, PasswordInput, Stack } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { answer, api, fieldsOf } from '../api/client'
import { Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { useSession } from '../session/session'
import { faultOf } from '../webhooks/draft'
import { EMPTY_PROOF, ProofFields, toProof } from './ProofFields'

/** Ends every session but the one that the answer begins. */
export function ChangePassword({ totp }: { totp: boolean }) {
  const { goOn } = useSession()
  const [proof, setProof] = useState(EMPTY_PROOF)
  const [newPassword, setNewPassword] = useState('')
  const change = useAction(
    async () => {
      await goOn(await answer(api.POST('/v1/account/password', { body: { ...toProof(proof), newPassword } })))
      setProof(EMPTY_PROOF)
      setNewPassword('')
    },
    () => 'Changed. Every other session of yours has ended.',
  )
  const fields = fieldsOf(change.error)
  const submit = (form: FormEvent): void => {
    form.preventDefault()
    change.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw={400}>
        <ProofFields totp={totp} proof={proof} fields={fields} onChange={setProof} />
        <PasswordInput
          label="New password"
          description="12 characters or more, of any kind. A few words that do not belong together are good."
          autoComplete="new-password"
          required
          value={newPassword}
          error={faultOf(fields, 'newPassword')}
          onChange={({ currentTarget }) => setNewPassword(currentTarget.value)}
        />
        {change.error && <Problem error={change.error} />}
        <Button type="submit" loading={change.isPending} style={{ alignSelf: 'start' }}>
          Change the password
        </Button>
      </Stack>
    </form>
  )
}
