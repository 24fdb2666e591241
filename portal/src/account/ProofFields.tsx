import { PasswordInput, TextInput } from '@mantine/core'
import type { FieldError, Schemas } from '../api/client'
import { faultOf } from '../webhooks/draft'

/** Whoever finds a browser open does not know these. */
export interface Proof {
  password: string
  code: string
}

export const EMPTY_PROOF: Proof = { password: '', code: '' }

export const toProof = ({ password, code }: Proof): Schemas['Proof'] => ({ password, ...(code.trim() !== '' && { code: code.trim() }) })

interface ProofFieldsProps {
  totp: boolean
  proof: Proof
  fields: FieldError[]
  onChange: (proof: Proof) => void
}

export const ProofFields = ({ totp, proof, fields, onChange }: ProofFieldsProps) => (
  <>
    <PasswordInput
      label="Present password"
      autoComplete="current-password"
      required
      value={proof.password}
      error={faultOf(fields, 'password')}
      onChange={({ currentTarget }) => onChange({ ...proof, password: currentTarget.value })}
    />
    {totp && (
      <TextInput
        label="Code"
        description="Of your authenticator app, or a recovery code."
        autoComplete="one-time-code"
        required
        value={proof.code}
        error={faultOf(fields, 'code')}
        onChange={({ currentTarget }) => onChange({ ...proof, code: currentTarget.value })}
      />
    )}
  </>
)
