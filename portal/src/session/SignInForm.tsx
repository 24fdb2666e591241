import { Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { CallError } from '../api/client'
import { Problem } from '../parts/states'
import { useSession } from './session'
import { SingleSignOn } from './SingleSignOn'

type Way = 'password' | 'key'

export function SignInForm({ first = 'password' }: { first?: Way }) {
  const { signIn, useKey } = useSession()
  const [way, setWay] = useState<Way>(first)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [needsCode, setNeedsCode] = useState(false)
  const [key, setKey] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function submit(form: FormEvent): Promise<void> {
    form.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await (way === 'key' ? useKey(key.trim()) : signIn(email, password, needsCode ? code.trim() : undefined))
    } catch (problem) {
      if (asksForCode(problem) && !needsCode) setNeedsCode(true)
      else setError(explain(problem, way))
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(form) => void submit(form)}>
      <Stack>
        {error !== undefined && <Problem error={error} />}
        {way === 'password' && <SingleSignOn onError={setError} />}
        {way === 'key' ? (
          <PasswordInput
            label="API key"
            description="Kept in this tab's memory alone. The admin key of npm start is in .herald/admin-key."
            autoComplete="off"
            required
            data-autofocus
            value={key}
            onChange={({ currentTarget }) => setKey(currentTarget.value)}
          />
        ) : (
          <>
            <TextInput label="E-mail" type="email" autoComplete="username" required data-autofocus value={email} onChange={({ currentTarget }) => setEmail(currentTarget.value)} />
            <PasswordInput label="Password" autoComplete="current-password" required value={password} onChange={({ currentTarget }) => setPassword(currentTarget.value)} />
            {needsCode && (
              <TextInput
                label="Code"
                description="Six digits of your authenticator app, or a recovery code."
                autoComplete="one-time-code"
                inputMode="numeric"
                required
                autoFocus
                value={code}
                onChange={({ currentTarget }) => setCode(currentTarget.value)}
              />
            )}
          </>
        )}
        <Button type="submit" loading={busy} fullWidth>
          Sign in
        </Button>
        <Anchor component="button" type="button" size="sm" onClick={() => setWay(way === 'key' ? 'password' : 'key')}>
          {way === 'key' ? 'Sign in with e-mail and password' : 'Use an API key instead'}
        </Anchor>
      </Stack>
    </form>
  )
}

const asksForCode = (problem: unknown): boolean => problem instanceof CallError && problem.type.endsWith(':code-required')

function explain(problem: unknown, way: Way): unknown {
  if (!(problem instanceof CallError)) return problem
  if (way === 'password' && problem.status === 404) {
    return new CallError(404, 'There are no passwords here', 'This Herald knows API keys only: use one instead.')
  }
  if (way === 'key' && problem.status === 401) return new CallError(401, 'This key is not known', 'Check that it was copied whole, and that it was not revoked.')
  return problem
}
