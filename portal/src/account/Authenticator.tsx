import { Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { answer, api, fieldsOf, type Schemas } from '../api/client'
import { AskForm } from '../parts/Ask'
import { ShownOnce } from '../parts/ShownOnce'
import { useAction } from '../parts/use-action'
import { ConfirmCode } from './ConfirmCode'
import { EMPTY_PROOF, ProofFields, toProof } from './ProofFields'

/** On, off, or between the two: the app has the secret, and has not shown a code yet. */
export function Authenticator({ totp }: { totp: boolean }) {
  const [begun, setBegun] = useState<Schemas['TotpSecret']>()
  const [codes, setCodes] = useState<string[]>()
  const [begins, begin] = useDisclosure()
  const [ends, end] = useDisclosure()
  if (codes) {
    return (
      <Stack>
        <ShownOnce text={codes.join('\n')} label="Recovery codes">
          Signing in takes a code of the app from now on. Keep these where you find them without the device: each signs you in once.
        </ShownOnce>
        <Button style={{ alignSelf: 'start' }} onClick={() => setCodes(undefined)}>
          I have kept them
        </Button>
      </Stack>
    )
  }
  if (begun) {
    const confirmed = (recovery: string[]): void => {
      setBegun(undefined)
      setCodes(recovery)
    }
    return <ConfirmCode secret={begun} confirmed={confirmed} cancel={() => setBegun(undefined)} />
  }
  return (
    <Stack align="start">
      <Text size="sm">{totp ? 'Signing in takes your password and a code of your app.' : 'Signing in takes your password alone. With a code of an app on your phone, a password that somebody else knows is not enough.'}</Text>
      <Button variant={totp ? 'default' : 'filled'} onClick={begin.open}>
        {totp ? 'Use another app' : 'Set an app up'}
      </Button>
      {totp && (
        <Button variant="default" onClick={end.open}>
          Use no app any more
        </Button>
      )}
      <BeginDialog totp={totp} opened={begins} close={begin.close} begun={setBegun} />
      <EndDialog opened={ends} close={end.close} />
    </Stack>
  )
}

interface BeginProps {
  totp: boolean
  opened: boolean
  close: () => void
  begun: (secret: Schemas['TotpSecret']) => void
}

function BeginDialog({ totp, opened, close, begun }: BeginProps) {
  const [proof, setProof] = useState(EMPTY_PROOF)
  const begin = useAction(async () => {
    const secret = await answer(api.POST('/v1/account/totp', { body: toProof(proof) }))
    close()
    setProof(EMPTY_PROOF)
    begun(secret)
  })
  return (
    <AskForm title="Set an authenticator app up" opened={opened} close={close} error={begin.error} submitText="Go on" busy={begin.isPending} submit={() => begin.mutate()}>
      <ProofFields totp={totp} proof={proof} fields={fieldsOf(begin.error)} onChange={setProof} />
    </AskForm>
  )
}

function EndDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const [proof, setProof] = useState(EMPTY_PROOF)
  const end = useAction(
    async () => {
      await answer(api.POST('/v1/account/totp/disable', { body: toProof(proof) }))
      close()
      setProof(EMPTY_PROOF)
    },
    () => 'Signing in takes the password alone.',
  )
  return (
    <AskForm title="Use no authenticator app any more?" opened={opened} close={close} error={end.error} submitText="Use no app" busy={end.isPending} submit={() => end.mutate()}>
      <ProofFields totp proof={proof} fields={fieldsOf(end.error)} onChange={setProof} />
    </AskForm>
  )
}
