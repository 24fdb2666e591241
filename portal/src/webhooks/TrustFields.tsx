import { Checkbox, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import type { FieldError } from '../api/client'
import { faultOf, type Draft } from './draft'

interface PartProps {
  draft: Draft
  fields: FieldError[]
  change: (part: Partial<Draft>) => void
}

/** Mutual TLS. */
export function CertificateFields({ draft, fields, change }: PartProps) {
  const choices = [
    { value: 'none', label: 'None' },
    { value: 'given', label: draft.clientCertificate === 'kept' ? 'Another one' : 'PEM' },
    ...(draft.clientCertificate === 'kept' ? [{ value: 'kept', label: 'As it is' }] : []),
  ]
  const fault = fields.find(({ path }) => path === 'clientCertificate') && faultOf(fields, 'clientCertificate')
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500} id="certificate-label">
          Client certificate
        </Text>
        <SegmentedControl mt={4} aria-labelledby="certificate-label" data={choices} value={draft.clientCertificate} onChange={(chosen) => change({ clientCertificate: chosen as Draft['clientCertificate'] })} />
      </div>
      {draft.clientCertificate === 'given' && (
        <>
          <Textarea
            label="Certificate"
            description="Its own first, then those in between."
            placeholder="-----BEGIN CERTIFICATE-----"
            autosize
            minRows={3}
            maxRows={8}
            value={draft.certificate}
            error={faultOf(fields, 'clientCertificate.certificate') ?? fault}
            onChange={({ currentTarget }) => change({ certificate: currentTarget.value })}
          />
          <Textarea
            label="Private key"
            description="Without a passphrase. Kept sealed, and never shown again."
            placeholder="-----BEGIN PRIVATE KEY-----"
            autosize
            minRows={3}
            maxRows={8}
            autoComplete="off"
            value={draft.privateKey}
            error={faultOf(fields, 'clientCertificate.privateKey')}
            onChange={({ currentTarget }) => change({ privateKey: currentTarget.value })}
          />
        </>
      )}
      {draft.clientCertificate === 'none' && (
        <Text size="sm" c="var(--muted)">
          For an endpoint that demands one (mutual TLS), over https.
        </Text>
      )}
    </Stack>
  )
}

export function SignatureFields({ draft, fields, change }: PartProps) {
  return (
    <Checkbox.Group
      label="Signed"
      error={faultOf(fields, 'signatures')}
      value={draft.signatures}
      onChange={(chosen) => change({ signatures: (['v1', 'v1a'] as const).filter((kind) => chosen.includes(kind)) })}
    >
      <Stack gap="xs" mt={4}>
        <Checkbox value="v1" label="with a secret (v1)" description="Both sides know it: any library of Standard Webhooks." />
        <Checkbox value="v1a" label="with a key pair (v1a)" description="Ed25519: only Herald can sign, and whoever has the public key can verify." />
      </Stack>
    </Checkbox.Group>
  )
}
