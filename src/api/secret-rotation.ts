import { z } from 'zod'
import { changesInFull } from '../domain/changes'
import { formatDuration } from '../domain/duration'
import { MOST_LIVE_SECRETS, OVERLAP, rotated } from '../domain/signing-secrets'
import type { EventCatalog } from '../publish/event-catalog'
import type { HealthStore } from '../store/health'
import type { WebhookStore } from '../store/webhooks'
import { found, Problem } from './problem'
import { route, type Call, type Planned, type Reply, type Route } from './route'
import { named } from './views'
import { duration } from './webhook-input'
import { configOf, nameOf } from './webhook-plans'
import { createdWebhookView, toWebhookView } from './webhook-views'

export interface SecretRotationDeps {
  webhooks: Pick<WebhookStore, 'open' | 'replaceSecrets'>
  health: Pick<HealthStore, 'find'>
  catalog: EventCatalog
  newSecret: () => string
}

export function secretRotationRoutes({ webhooks, health, catalog, newSecret }: SecretRotationDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/webhooks/{id}/rotate-secret',
      scope: 'manage',
      tag: 'Webhooks',
      summary: 'Replace the signing secret',
      description: `A new secret signs every POST from now on, also those of deliveries under way; the old one signs as well for \`overlap\`, so that \`webhook-signature\` has a signature of each (Standard Webhooks) and the receiver can change over in its own time. With \`"0s"\` every old secret ends at once: for one that has leaked. At most ${MOST_LIVE_SECRETS} are live at once.`,
      params: z.object({ id: z.string() }),
      body: rotationInput,
      responses: { 200: { description: 'The new secret, shown this once.', schema: createdWebhookView } },
      problems: [409],
      plan: { make: plan },
      handle: rotate,
    }),
  ]

  async function plan(call: RotateCall): Promise<Planned> {
    const { webhook } = await look(call, '')
    const overlap = formatDuration(call.body.overlap ?? OVERLAP.defaultMs)
    const changes = changesInFull({}, { signingSecret: 'a new one', oldSecretSignsFor: overlap })
    return { targets: [webhook.id], about: nameOf(webhook), changes, state: configOf(webhook), needsSecret: true }
  }

  /** The webhook, and its secrets with the new one. */
  async function look({ tenantId, params: { id }, body }: RotateCall, secret: string) {
    const webhook = found(await webhooks.open(tenantId, id), 'webhook', id)
    if (webhook.secretsLost) {
      throw new Problem('conflict', 'The secrets of the webhook cannot be opened: give auth and headers again with PATCH (null for none), which makes a new signing secret.')
    }
    const rotation = rotated(webhook.secrets, secret, body.overlap ?? OVERLAP.defaultMs, new Date())
    if (rotation.kind === 'too many') {
      const detail = `${MOST_LIVE_SECRETS} secrets are live, the oldest until ${rotation.nextEnds}. Rotate again then, or now with overlap "0s", which ends all old ones at once.`
      throw new Problem('conflict', detail, { members: { nextEnds: rotation.nextEnds } })
    }
    return { webhook, secrets: rotation.secrets }
  }

  async function rotate(call: RotateCall): Promise<Reply> {
    const secret = call.given?.secret ?? newSecret()
    const { webhook, secrets } = await look(call, secret)
    const changed = await webhooks.replaceSecrets(webhook, secrets)
    if (!changed) throw new Problem('conflict', 'The secrets of the webhook were changed by another request in this moment: look at it, and rotate again.')
    const failing = (await health.find([webhook.id])).get(webhook.id)
    const done = { changes: [{ field: 'signingSecret', hidden: true as const }] }
    return { status: 200, body: { ...(await toWebhookView(changed, catalog, failing)), secret }, done }
  }
}

const rotationInput = z.strictObject({
  overlap: duration(OVERLAP)
    .optional()
    .describe(`How long the secrets of before sign as well: ${formatDuration(OVERLAP.minMs)} to ${formatDuration(OVERLAP.maxMs)}, ${formatDuration(OVERLAP.defaultMs)} when not given.`),
})
named.add(rotationInput, { id: 'SecretRotation' })

type RotateCall = Call<{ id: string }, unknown, z.output<typeof rotationInput>>
