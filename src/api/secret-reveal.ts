import { z } from 'zod'
import { revealed } from '../domain/signing-secrets'
import type { WebhookStore } from '../store/webhooks'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { NO_STORE } from './stream'
import { named, time } from './views'

export interface SecretRevealDeps {
  webhooks: Pick<WebhookStore, 'open'>
}

const view = z.object({
  id: z.string(),
  secret: z.string().describe('`whsec_…`: signs every POST.'),
  retiring: z.array(z.object({ secret: z.string(), until: time })).describe('Those that were replaced and sign beside it until then, the newest first.'),
})
named.add(view, { id: 'RevealedSecret' })

export function secretRevealRoutes({ webhooks }: SecretRevealDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/webhooks/{id}/reveal-secret',
      scope: 'reveal',
      tag: 'Webhooks',
      summary: 'Show the signing secret again',
      description: 'For who has lost it and cannot change over to a new one (`rotate-secret`). Each call has its line in the audit log. Passwords and other credentials of the webhook are not shown to anybody.',
      params: z.object({ id: z.string() }),
      responses: { 200: { description: 'The secrets that sign now.', schema: view } },
      problems: [409],
      handle: reveal,
    }),
  ]

  async function reveal({ tenantId, params: { id } }: Call<{ id: string }>): Promise<Reply> {
    const webhook = found(await webhooks.open(tenantId, id), 'webhook', id)
    const { current, retiring } = revealed(webhook.secrets, new Date())
    if (webhook.secretsLost || current === undefined) {
      throw new Problem('conflict', 'The secrets of the webhook cannot be opened: give auth and headers again with PATCH (null for none), which makes a new signing secret.')
    }
    return { status: 200, headers: NO_STORE, body: { id, secret: current, retiring } }
  }
}
