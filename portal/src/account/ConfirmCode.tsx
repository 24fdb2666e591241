import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { QRCodeSVG } from 'qrcode.react'
import { useState, type FormEvent } from 'react'
import { answer, api, fieldsOf, type Schemas } from '../api/client'
import { Code } from '../parts/Code'
import { Problem } from '../parts/states'
import { useAction } from '../parts/use-action'
import { faultOf } from '../webhooks/draft'

interface ConfirmCodeProps {
  secret: Schemas['TotpSecret']
  confirmed: (recoveryCodes: string[]) => void
  cancel: () => void
}

/** Holds only once the app has shown a code: a secret that was not scanned would lock its owner out. */
export function ConfirmCode({ secret, confirmed, cancel }: ConfirmCodeProps) {
  const [code, setCode] = useState('')
  const confirm = useAction(async () => {
    const { recoveryCodes } = await answer(api.POST('/v1/account/totp/confirm', { body: { code: code.trim() } }))
    confirmed(recoveryCodes)
  })
  const submit = (form: FormEvent): void => {
    form.preventDefault()
    confirm.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">Scan this with the app, or type the secret into it; then type the code that it shows.</Text>
        <Group align="start">
          {/* Apps read dark on light, whatever the theme. */}
          <QRCodeSVG value={secret.url} size={176} marginSize={3} bgColor="#fff" fgColor="#000" title="QR code of the secret" style={{ borderRadius: 8 }} />
          <Stack style={{ flex: '1 1 16rem' }}>
            <Code text={secret.secret} label="Secret" />
            <TextInput label="Code" autoComplete="one-time-code" inputMode="numeric" required w={160} value={code} error={faultOf(fieldsOf(confirm.error), 'code')} onChange={({ currentTarget }) => setCode(currentTarget.value)} />
          </Stack>
        </Group>
        {confirm.error && <Problem error={confirm.error} />}
        <Group>
          <Button type="submit" loading={confirm.isPending}>
            Use this app
          </Button>
          <Button variant="default" onClick={cancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
