import { z } from 'zod'
import { publicJwkOf, publicKeyOf } from '../delivery/sign'
import { liveSecrets } from '../domain/signing-secrets'
import type { WebhookStore } from '../store/webhooks'
import { Problem } from './problem'
import { route, type Route } from './route'
import { named } from './views'

export interface PublicKeyDeps {
  webhooks: Pick<WebhookStore, 'tenantOf' | 'open'>
}

const jwks = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      alg: z.literal('EdDSA'),
      use: z.literal('sig'),
      x: z.string().describe('The 32 bytes of the key, base64url.'),
      kid: z.string().describe('The same key as Standard Webhooks writes it: `whpk_…`.'),
    }),
  ),
})
named.add(jwks, { id: 'PublicKeys' })

/** Receivers have no key of the API. A rotation shows within this; both keys sign for longer. */
const CACHED = { 'Cache-Control': 'public, max-age=300' }

export const publicKeyRoutes = ({ webhooks }: PublicKeyDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/webhooks/{id}/jwks',
    scope: 'none',
    tag: 'Webhooks',
    summary: 'The public keys of a webhook',
    description:
      'For receivers, and so without a key of the API: with these, anybody can verify the signatures `v1a` and nobody can make one. A JSON Web Key Set (RFC 7517, RFC 8037), the newest key first, with those that were replaced and still sign. 404 for a webhook that does not sign with `v1a`.',
    params: z.object({ id: z.string() }),
    responses: { 200: { description: 'The keys.', schema: jwks } },
    problems: [404, 503],
    handle: async ({ params: { id } }) => {
      const tenantId = await webhooks.tenantOf(id)
      const webhook = tenantId === undefined ? undefined : await webhooks.open(tenantId, id)
      const keys = webhook?.signatures?.includes('v1a') ? liveSecrets({ ...webhook, signatures: ['v1a'] }, new Date()) : []
      // In the same words for one that is not there.
      if (keys.length === 0) throw new Problem('not-found', 'There is no webhook with public keys here.')
      return { status: 200, headers: CACHED, body: { keys: keys.map((key) => ({ ...publicJwkOf(key), kid: publicKeyOf(key) })) } }
    },
  }),
]
