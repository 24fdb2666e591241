import { Button, Divider } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { answer, api } from '../api/client'
import { useSession } from './session'

/** The page that the identity provider sends the browser back to tells it to the others, and goes on where `RETURN` says. */
const CHANNEL = 'herald-session'
const RETURN = 'herald-return'

/** Signing in by the identity provider, where there is one. */
export function SingleSignOn({ onError }: { onError: (error: unknown) => void }) {
  const { state, resume } = useSession()
  const [busy, setBusy] = useState(false)
  const ways = useQuery({ queryKey: ['sign-in'], queryFn: () => answer(api.GET('/v1/sign-in')), staleTime: Infinity })
  const isHalfway = state.kind === 'in'

  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL)
    channel.addEventListener('message', () => void resume().catch(onError))
    return () => channel.close()
  }, [resume, onError])

  async function begin(): Promise<void> {
    setBusy(true)
    // A page that is half filled in stays: signing in goes on beside it.
    const tab = isHalfway ? window.open('', '_blank') : null
    try {
      const { url } = await answer(api.POST('/v1/sign-in/oidc', { body: {} }))
      if (tab) {
        tab.location.href = url
      } else {
        sessionStorage.setItem(RETURN, location.pathname + location.search)
        location.assign(url)
      }
    } catch (error) {
      tab?.close()
      onError(error)
    }
    setBusy(false)
  }

  const name = ways.data?.singleSignOn?.name
  if (name === undefined) return null
  return (
    <>
      <Button variant="default" fullWidth loading={busy} onClick={() => void begin()}>
        Sign in with {name}
      </Button>
      <Divider label="or" />
    </>
  )
}
