import { z } from 'zod'
import { checkClientCertificate } from '../delivery/client-certificate'

const pem = (max: number) => z.string().min(1, 'must not be empty').max(max)

/** Mutual TLS. */
export const clientCertificateInput = z
  .strictObject({
    certificate: pem(32_768).describe('PEM: its own certificate first, then those that vouch for it, if the receiver needs them.'),
    privateKey: pem(16_384).describe('PEM, without a passphrase. Kept sealed and never shown again.'),
  })
  .superRefine((given, context) => {
    const verdict = checkClientCertificate(given, new Date())
    if (!verdict.ok) context.addIssue({ code: 'custom', path: [verdict.field], message: verdict.reason })
  })
  .describe('With which Herald shows itself to the receiver (mutual TLS).')
