import { z } from 'zod'
import type { Reseal } from '../store/reseal'
import { route, type Route } from './route'
import { named } from './views'

export interface EncryptionKeyDeps {
  reseal: Reseal
}

const PAGE = 500

const keysView = z.object({
  current: z.string().describe('Id of the key that seals.'),
  sealedWith: z.array(z.object({ keyId: z.string(), count: z.int() })).describe('How many values each key has sealed: all of these keys are needed.'),
})
named.add(keysView, { id: 'EncryptionKeys' })

const input = z.strictObject({ after: z.string().max(300).optional().describe('The `next` of the answer before; from the beginning, when not given.') })
named.add(input, { id: 'RotateEncryptionKeys' })

const rotatedView = z.object({
  resealed: z.int(),
  dataSealed: z.int().optional().describe('Events and answers that stood in the clear, from before tenants had data keys: sealed now.'),
  lost: z.array(z.string()).describe('Ids of what no key of this process opens: it is left as it is.'),
  next: z.string().optional().describe('Send it as `after`; none when all is done.'),
})
named.add(rotatedView, { id: 'RotatedEncryptionKeys' })

export function encryptionKeyRoutes({ reseal }: EncryptionKeyDeps): Route[] {
  const about = { scope: 'admin', tag: 'Encryption keys' } as const
  return [
    route({
      ...about,
      method: 'get',
      path: '/v1/encryption-keys',
      summary: 'Which keys are needed?',
      responses: { 200: { description: 'The keys by their ids.', schema: keysView } },
      handle: async () => ({ status: 200, body: { current: reseal.keyId, sealedWith: await reseal.byKey() } }),
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/encryption-keys/rotate',
      summary: 'Seal with the current key what others have sealed',
      description: `Up to ${PAGE} values, the tenants' data keys among them; then, for seconds at a time, events and answers that stood in the clear. \`herald keys rotate\` goes on until all is done. May be repeated.`,
      body: input,
      responses: { 200: { description: 'What was done.', schema: rotatedView } },
      handle: async ({ body }) => ({ status: 200, body: await reseal.page(body.after, PAGE) }),
    }),
  ]
}
