import { Button, Group, Modal, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { Problem } from './states'

interface AskProps {
  title: string
  opened: boolean
  close: () => void
  error: unknown
  act: ReactNode
  children: ReactNode
}

/** Whether a person means it. */
export const Ask = ({ title, opened, close, error, act, children }: AskProps) => (
  <Modal title={title} opened={opened} onClose={close} centered>
    <Stack>
      {children}
      {error !== null && error !== undefined && <Problem error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        {act}
      </Group>
    </Stack>
  </Modal>
)

interface AskFormProps extends Omit<AskProps, 'act'> {
  submitText: string
  busy: boolean
  submit: () => void
}

/** The same with fields to be filled in: Enter sends it too. */
export function AskForm({ submitText, busy, submit, ...ask }: AskFormProps) {
  const send = (form: FormEvent): void => {
    form.preventDefault()
    submit()
  }
  return (
    <Ask
      {...ask}
      act={
        <Button type="submit" form={FORM} loading={busy}>
          {submitText}
        </Button>
      }
    >
      <form id={FORM} onSubmit={send} noValidate>
        <Stack>{ask.children}</Stack>
      </form>
    </Ask>
  )
}

/** One dialog is open at a time. */
const FORM = 'ask'
