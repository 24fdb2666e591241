import { z } from 'zod'
import { changesInFull } from '../domain/changes'
import { formatDuration } from '../domain/duration'
import { MOST_LIVE_SECRETS, OVERLAP, rotated } from '../domain/signing-secrets'
import type { OpenWebhook, SignatureKind } from '../domain/webhook'
import type { EventCatalog } from '../publish/event-catalog'
import type { HealthStore } from '../store/health'
import type { WebhookStore } from '../store/webhooks'
import { found, Problem } from './problem'
import { route, type Call, type Planned, type Reply, type Route } from './route'
import { named } from './views'
import { duration } from './webhook-input'
import { configOf, nameOf } from './webhook-plans'
import { createdWebhookView, toWebhookView, webhookView } from './webhook-views'

export interface SecretRotationDeps {
  webhooks: Pick<WebhookStore, 'open' | 'replaceSecrets'>
  health: Pick<HealthStore, 'find'>
  catalog: EventCatalog
  newSecret: () => string
  newSigningKey: () => string
}

type RotationCall = Call<{ id: string }, unknown, z.output<typeof rotationInput>>

export function secretRotationRoutes({ webhooks, health, catalog, newSecret, newSigningKey }: SecretRotationDeps): Route[] {
  const about = { method: 'post', scope: 'manage', tag: 'Webhooks', params: z.object({ id: z.string() }), body: rotationInput, problems: [409] } as const
  return [
    route({
      ...about,
      path: '/v1/webhooks/{id}/rotate-secret',
      problems: [...about.problems],
      summary: 'Replace the signing secret',
      description: `A new secret signs every POST from now on, also those of deliveries under way; the old one signs as well for \`overlap\`, so that \`webhook-signature\` has a signature of each (Standard Webhooks) and the receiver can change over in its own time. With \`"0s"\` every old secret ends at once: for one that has leaked. At most ${MOST_LIVE_SECRETS} are live at once.`,
      responses: { 200: { description: 'The new secret, shown this once.', schema: createdWebhookView } },
      plan: { make: async (call) => ({ ...(await plan(call, 'v1')), needsSecret: true }) },
      handle: async (call) => {
        const secret = call.given?.secret ?? newSecret()
        return { status: 200, body: { ...(await rotate(call, 'v1', secret)), secret }, done: { changes: [{ field: 'signingSecret', hidden: true as const }] } }
      },
    }),
    route({
      ...about,
      path: '/v1/webhooks/{id}/rotate-key',
      problems: [...about.problems],
      summary: 'Replace the key pair of `v1a`',
      description: 'As with the secret: the old private key signs beside the new one for `overlap`, and both public keys are in the answer, and at `/v1/webhooks/{id}/jwks`.',
      responses: { 200: { description: 'The webhook with its public keys.', schema: webhookView } },
      plan: { make: (call) => plan(call, 'v1a') },
      handle: async (call): Promise<Reply> => ({ status: 200, body: await rotate(call, 'v1a', newSigningKey()), done: { changes: [{ field: 'keyPair', hidden: true as const }] } }),
    }),
  ]

  async function plan(call: RotationCall, kind: SignatureKind): Promise<Planned> {
    const { webhook } = await look(call, kind, '')
    const overlap = formatDuration(call.body.overlap ?? OVERLAP.defaultMs)
    const changes = kind === 'v1'
      ? changesInFull({ signingSecret: 'the present one' }, { signingSecret: 'a new one', oldSecretSignsFor: overlap })
      : changesInFull({ keyPair: 'the present one' }, { keyPair: 'a new one', oldKeySignsFor: overlap })
    return { targets: [webhook.id], about: nameOf(webhook), changes, state: configOf(webhook) }
  }

  /** The webhook, and its secrets with the fresh one. */
  async function look({ tenantId, params: { id }, body }: RotationCall, kind: SignatureKind, fresh: string) {
    const webhook = found(await webhooks.open(tenantId, id), 'webhook', id)
    refuse(webhook, kind)
    const rotation = rotated(webhook.secrets, fresh, body.overlap ?? OVERLAP.defaultMs, new Date(), kind)
    if (rotation.kind === 'too many') {
      const detail = `${MOST_LIVE_SECRETS} ${kind === 'v1' ? 'secrets' : 'keys'} are live, the oldest until ${rotation.nextEnds}. Rotate again then, or now with overlap "0s", which ends all old ones at once.`
      throw new Problem('conflict', detail, { members: { nextEnds: rotation.nextEnds } })
    }
    return { webhook, secrets: rotation.secrets }
  }

  async function rotate(call: RotationCall, kind: SignatureKind, fresh: string): Promise<z.infer<typeof webhookView>> {
    const { webhook, secrets } = await look(call, kind, fresh)
    call.given?.mustStandOn?.(configOf(webhook))
    const changed = await webhooks.replaceSecrets(webhook, secrets)
    if (!changed) throw new Problem('conflict', 'The secrets of the webhook were changed by another request in this moment: look at it, and rotate again.')
    return toWebhookView(changed, catalog, (await health.find([webhook.id])).get(webhook.id))
  }
}

function refuse({ secretsLost, secrets }: OpenWebhook, kind: SignatureKind): void {
  if (secretsLost) {
    throw new Problem('conflict', 'The secrets of the webhook cannot be opened: give auth and headers again with PATCH (null for none), which makes a new signing secret.')
  }
  if (kind === 'v1a' && !secrets.signingKeys) {
    throw new Problem('conflict', 'The webhook has no key pair: PATCH its signatures to ["v1", "v1a"], or ["v1a"], which makes one.')
  }
}

const rotationInput = z.strictObject({
  overlap: duration(OVERLAP)
    .optional()
    .describe(`How long what signed before signs as well: ${formatDuration(OVERLAP.minMs)} to ${formatDuration(OVERLAP.maxMs)}, ${formatDuration(OVERLAP.defaultMs)} when not given.`),
})
named.add(rotationInput, { id: 'SecretRotation' })
