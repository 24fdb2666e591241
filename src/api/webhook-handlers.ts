import type { z } from 'zod'
import { changesBetween } from '../domain/changes'
import { newId } from '../domain/ids'
import { DEFAULT_RETRY_POLICY, TIMEOUT } from '../domain/retry-policy'
import type { OpenWebhook, Webhook, WebhookSecrets } from '../domain/webhook'
import type { Steering, WebhookSteeringResult } from '../steering/steering'
import type { EventCatalog } from '../publish/event-catalog'
import type { HealthStore } from '../store/health'
import type { WebhookPatch, WebhookStore } from '../store/webhooks'
import type { Ownership } from './ownership'
import { found, Problem } from './problem'
import type { Call, Caller, Reply } from './route'
import type { paging } from './views'
import { hiddenOf, mergeOrdering, mergeRetry, newSecrets, patchSecrets, readTargets, refuseUnusable, withSigningKey, type CheckUrl } from './webhook-changes'
import type { WebhookInput, WebhookPatchInput } from './webhook-input'
import { configOf, webhookPlans } from './webhook-plans'
import { toWebhookView } from './webhook-views'

export interface WebhookDeps {
  webhooks: Pick<WebhookStore, 'insert' | 'list' | 'update' | 'open' | 'get' | 'verified' | 'stayPaused'>
  health: Pick<HealthStore, 'find'>
  steering: Pick<Steering, 'pause' | 'disable' | 'resume' | 'remove' | 'edited'>
  ownership: Ownership
  catalog: EventCatalog
  checkUrl: CheckUrl
  newSecret: () => string
  newSigningKey: () => string
}

type ById = Call<{ id: string }>
export type CreateCall = Call<unknown, unknown, WebhookInput>
export type PatchCall = Call<{ id: string }, unknown, WebhookPatchInput>

export function webhookHandlers({ webhooks, health, steering, ownership, catalog, checkUrl, newSecret, newSigningKey }: WebhookDeps) {
  const open = async ({ tenantId }: Caller, id: string): Promise<OpenWebhook> =>
    found(await webhooks.open(tenantId, id), 'webhook', id)

  const answer = async (webhook: OpenWebhook): Promise<Reply> => ({
    status: 200,
    body: await toWebhookView(webhook, catalog, (await health.find([webhook.id])).get(webhook.id)),
  })

  return {
    plans: webhookPlans({ webhooks, catalog, open, toWebhook, toPatch }),
    create: async (call: CreateCall): Promise<Reply> => {
      const secret = call.given?.secret ?? newSecret()
      const { secrets, ...planned } = await toWebhook(call, secret)
      const webhook = { ...planned, ...(await ownership.begin(call.tenantId)) }
      await webhooks.insert(webhook, secrets)
      await ownership.verify(call.tenantId, webhook.id, call.keyId)
      return { status: 201, body: { ...(await toWebhookView(await open(call, webhook.id), catalog)), secret } }
    },

    list: async ({ tenantId, query }: Call<unknown, z.output<typeof paging>>): Promise<Reply> => {
      const { data, nextCursor } = await webhooks.list(tenantId, query)
      const failing = await health.find(data.map(({ id }) => id))
      const opened = await Promise.all(data.map(({ id }) => webhooks.open(tenantId, id)))
      const views = opened.filter((webhook) => webhook !== undefined).map((webhook) => toWebhookView(webhook, catalog, failing.get(webhook.id)))
      return { status: 200, body: { data: await Promise.all(views), nextCursor } }
    },

    get: async (call: ById): Promise<Reply> => answer(await open(call, call.params.id)),

    patch: async (call: PatchCall): Promise<Reply> => {
      const { tenantId, body, given } = call
      const { id } = call.params
      const opened = await open(call, id)
      given?.mustStandOn?.(configOf(opened))
      const { secretsLost, ...standing } = opened
      // The signing secret was lost with the others: it is made anew with them, and what is sealed stays until then.
      const isGivenAnew = secretsLost && hiddenOf(body).length > 0
      const secret = isGivenAnew && (given?.secret ?? newSecret())
      // What was approved is written over that alone which it was approved for: the secrets tell it from any other.
      const untouched = given?.isApproved && !secretsLost ? standing.secrets : undefined
      const secrets = secretsLost && !isGivenAnew ? undefined : (secretsAfter(standing, secret || undefined, body) ?? untouched)
      const patch = await toPatch(standing, body)
      const changes = { ...patch, ...(patch.url !== undefined && (await ownership.begin(tenantId, standing))) }
      refuseUnusable({ url: body.url ?? standing.url }, secrets ?? standing.secrets)
      const changed = await webhooks.update(tenantId, id, changes, secrets, standing)
      if (!changed) {
        await open(call, id)
        throw new Problem('conflict', 'The URL or the secrets of the webhook were changed by another request in this moment: look at it, and send the change again.')
      }
      await steering.edited(tenantId, id, (changes.retry ?? changes.retryAfterUntil) !== undefined)
      if (changes.unverified) await askAnew(call, changes)
      const now = changes.unverified ? await open(call, id) : { ...changed, secrets: secrets ?? standing.secrets, ...(secretsLost && !secrets && { secretsLost }) }
      const { status, body: view } = await answer(now)
      const done = { changes: changesBetween(await toWebhookView(standing, catalog), Object(view), hiddenOf(body)) }
      return { status, body: { ...Object(view), ...(secret && { secret }) }, done }
    },

    pause: async (call: ById): Promise<Reply> => {
      // Before it is: once its endpoint has answered, it would go on against a person's word.
      await webhooks.stayPaused(call.tenantId, call.params.id)
      return steer(steering.pause, call)
    },
    disable: (call: ById): Promise<Reply> => steer(steering.disable, call),
    resume: async (call: ById): Promise<Reply> => {
      const webhook = await open(call, call.params.id)
      const { secretsLost, status } = webhook
      if (secretsLost) throw new Problem('conflict', SECRETS_LOST, { members: { currentStatus: status } })
      if (!(await ownership.isFree(webhook))) throw new Problem('conflict', UNVERIFIED, { members: { currentStatus: status } })
      // The tenant does not ask for it any more.
      if (webhook.unverified) await webhooks.verified(webhook)
      return steer((tenantId, id) => steering.resume(tenantId, id, call.keyId), call)
    },

    remove: async ({ tenantId, params: { id } }: ById): Promise<Reply> => {
      done(await steering.remove(tenantId, id), id)
      return { status: 204 }
    },
  }

  /** Nothing more goes to the new URL than the challenge, until that is answered. */
  async function askAnew({ tenantId, keyId, params: { id } }: PatchCall, { status }: { status?: 'paused' }): Promise<void> {
    if (status) await steering.pause(tenantId, id)
    await ownership.verify(tenantId, id, keyId)
  }

  async function toWebhook({ tenantId, body, given }: CreateCall, secret: string): Promise<Webhook & { secrets: WebhookSecrets }> {
    const eventTypes = await readTargets(body, checkUrl, catalog)
    const { ordering, onExhausted } = mergeOrdering({}, body)
    const now = new Date()
    const secrets = newSecrets(secret, body, newSigningKey)
    refuseUnusable(body, secrets)
    return {
      id: given?.newId ?? newId('webhook'),
      tenantId,
      url: body.url,
      ...(body.description && { description: body.description }),
      eventTypes,
      ...(body.filter && { filter: body.filter }),
      status: 'active',
      retry: mergeRetry(DEFAULT_RETRY_POLICY, body.retry),
      timeoutMs: body.timeout ?? TIMEOUT.defaultMs,
      ...(body.autoSuspend !== undefined && { autoSuspend: body.autoSuspend }),
      ...(body.rateLimit && { rateLimit: body.rateLimit }),
      ...(body.maxInFlight !== undefined && { maxInFlight: body.maxInFlight }),
      ...(ordering && { ordering }),
      ...(onExhausted && { onExhausted }),
      ...(body.signatures && { signatures: body.signatures }),
      createdAt: now,
      updatedAt: now,
      secrets,
    }
  }

  async function steer(move: Steering['pause'], call: ById): Promise<Reply> {
    const { id } = call.params
    const before = await open(call, id)
    done(await move(call.tenantId, id), id)
    const after = await open(call, id)
    return { ...(await answer(after)), done: { changes: changesBetween({ status: before.status }, { status: after.status }) } }
  }

  /** Nothing where they stay as they are. */
  function secretsAfter({ secrets, signatures }: Omit<OpenWebhook, 'secretsLost'>, secret: string | undefined, body: WebhookPatchInput): WebhookSecrets | undefined {
    const changed = patchSecrets(secret ? { signingSecrets: [secret] } : secrets, body)
    const before = changed ?? secrets
    const after = withSigningKey(before, body.signatures === undefined ? signatures : body.signatures, newSigningKey)
    return after === before ? changed : after
  }

  async function toPatch({ url, retry, ordering, onExhausted }: Webhook, body: WebhookPatchInput): Promise<WebhookPatch> {
    const eventTypes = await readTargets(body, checkUrl, catalog)
    return {
      // One that stays may be another's by now, which this would undo without asking its endpoint.
      ...(body.url !== undefined && body.url !== url && { url: body.url }),
      ...(body.eventTypes !== undefined && { eventTypes }),
      ...(body.filter !== undefined && { filter: body.filter }),
      ...(body.description !== undefined && { description: body.description ?? '' }),
      ...(body.retry !== undefined && { retry: mergeRetry(retry, body.retry) }),
      ...(body.timeout !== undefined && { timeoutMs: body.timeout ?? TIMEOUT.defaultMs }),
      ...(body.autoSuspend !== undefined && { autoSuspend: body.autoSuspend ?? true }),
      ...(body.signatures !== undefined && { signatures: body.signatures }),
      ...(body.rateLimit !== undefined && { rateLimit: body.rateLimit }),
      ...(body.maxInFlight !== undefined && { maxInFlight: body.maxInFlight }),
      // Whoever asked for the wait was another receiver, or knew another caller.
      ...([body.url, body.auth, body.headers, body.clientCertificate].some((given) => given !== undefined) && { retryAfterUntil: null }),
      ...((body.ordering !== undefined || body.onExhausted !== undefined) && mergeOrdering({ ordering, onExhausted }, body)),
    }
  }
}

const UNVERIFIED = 'Its endpoint has not answered the challenge yet: POST /v1/webhooks/{id}/verify sends it again. Once it is answered, the webhook goes on by itself.'

const SECRETS_LOST =
  'The secrets of the webhook cannot be opened. Give auth, headers and clientCertificate again with PATCH (null for none): that makes a new signing secret, which the answer shows. Then resume it.'

function done(result: WebhookSteeringResult, id: string): void {
  if (result.kind === 'not found') found(undefined, 'webhook', id)
  if (result.kind === 'not allowed') {
    const detail = `The webhook is ${result.status}, which does not allow this.`
    throw new Problem('conflict', detail, { members: { currentStatus: result.status } })
  }
}
