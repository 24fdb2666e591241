import { z } from 'zod'
import { checkClientCertificate } from '../delivery/client-certificate'

const pem = (max: number) => z.string().min(1, 'must not be empty').max(max)

/** RFC 7617: neither may have control characters, and a colon would end the user name. */
const withoutControls = (max: number) =>
  z
    .string()
    .max(max)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not have control characters')

const basic = z.strictObject({
  type: z.literal('basic'),
  username: withoutControls(256)
    .min(1, 'must not be empty')
    .refine((name) => !name.includes(':'), 'must not have a colon: HTTP Basic cannot carry it'),
  password: withoutControls(1_024),
})

/** RFC 6750, and whatever else of visible ASCII is in use. */
const bearer = z.strictObject({
  type: z.literal('bearer'),
  token: z
    .string()
    .min(1, 'must not be empty')
    .max(8_192)
    .regex(/^[\u0021-\u007e]*$/, 'must be visible ASCII without spaces; "Bearer " is put before it'),
})

const words = (max: number) => z.string().min(1, 'must not be empty').max(max).regex(/^[\u0020-\u007e]*$/, 'must be visible ASCII')

const oauth2 = z.strictObject({
  type: z.literal('oauth2'),
  tokenUrl: z.string().max(2_048).describe('The token endpoint: https or http; must lead to a public address.'),
  clientId: words(512),
  clientSecret: withoutControls(2_048).min(1, 'must not be empty').describe('Kept sealed and never shown again.'),
  scope: words(2_048).optional().describe('With spaces between several.'),
  audience: words(2_048).optional().describe('For servers that ask for it.'),
  clientAuthentication: z
    .enum(['basic', 'body'])
    .optional()
    .describe('How the client shows its secret to the endpoint: `basic` (client_secret_basic, when not given) or `body` (client_secret_post).'),
})

/** How Herald shows itself in the header `authorization`. */
export const authInput = z
  .discriminatedUnion('type', [basic, bearer, oauth2], { error: 'must have the type "basic", "bearer" or "oauth2"' })
  .describe('Sent as `authorization`: HTTP Basic, a bearer token, or tokens that Herald gets by OAuth 2.0 client credentials and renews. Given whole; secrets are kept sealed and never shown again.')

/** Mutual TLS. */
export const clientCertificateInput = z
  .strictObject({
    certificate: pem(32_768).describe('PEM: its own certificate first, then those that vouch for it, if the receiver needs them.'),
    privateKey: pem(16_384).describe('PEM, without a passphrase; RSA of at most 4096 bits. Kept sealed and never shown again.'),
  })
  .superRefine((given, context) => {
    const verdict = checkClientCertificate(given, new Date())
    if (!verdict.ok) context.addIssue({ code: 'custom', path: [verdict.field], message: verdict.reason })
  })
  .describe('With which Herald shows itself to the receiver (mutual TLS).')
