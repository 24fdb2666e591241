import type { Logger } from 'pino'
import type { Delivery, DeliveryStatus } from '../domain/delivery'
import type { Webhook, WebhookStatus } from '../domain/webhook'
import { within } from '../domain/within'
import type { Notices } from '../notices/notices'
import type { DeliveryStore } from '../store/deliveries'
import type { HealthStore } from '../store/health'
import type { WebhookStore } from '../store/webhooks'
import type { WorkflowStarts } from '../temporal/start'
import { cancelRemoved } from './cancel-removed'
import type { Messenger } from './messenger'
import type { Releasing } from './releasing'

export type SteeringResult =
  | { kind: 'accepted'; round: number }
  | { kind: 'not allowed'; status: DeliveryStatus }
  | { kind: 'not found' }

export type WebhookSteeringResult =
  | { kind: 'done'; webhook: Webhook }
  | { kind: 'not allowed'; status: Webhook['status'] }
  | { kind: 'not found' }

/** What a person does to deliveries and webhooks under way. All throw {StoreAway}. */
export interface Steering {
  /** parked → retrying, another round of attempts. Many clicks make one round. */
  retry: (tenantId: string, deliveryId: string) => Promise<SteeringResult>
  /** parked or held → cancelled. */
  cancel: (tenantId: string, deliveryId: string) => Promise<SteeringResult>
  /** active → paused: deliveries are held from now on. Paused already is fine. */
  pause: (tenantId: string, webhookId: string) => Promise<WebhookSteeringResult>
  /** paused, suspended or disabled → active; what was held goes out as a release. `by` is the key that asks. */
  resume: (tenantId: string, webhookId: string, by?: string) => Promise<WebhookSteeringResult>
  /** The webhook was changed: what waits in its queue goes on by what it says now. */
  edited: (tenantId: string, webhookId: string) => Promise<void>
  /** Deletes the webhook: its deliveries are cancelled, its credentials erased. */
  remove: (tenantId: string, webhookId: string) => Promise<WebhookSteeringResult>
}

/** A person waits: what Temporal does not take in this time, the reconciler sends again. */
const SIGNAL_WAIT_MS = 1_000

export interface SteeringDeps {
  deliveries: DeliveryStore
  webhooks: WebhookStore
  starts: Pick<WorkflowStarts, 'drain'>
  messenger: Messenger
  releasing: Pick<Releasing, 'resumeHeld'>
  notices: Pick<Notices, 'tellChanges'>
  health: Pick<HealthStore, 'clear'>
  logger: Logger
}

export function createSteering(deps: SteeringDeps): Steering {
  const { deliveries, webhooks, messenger } = deps

  async function soon(what: string, work: Promise<unknown>): Promise<void> {
    const sent = work.catch((error: unknown) => {
      deps.logger.warn({ err: error }, `${what} failed: the reconciler tries again`)
    })
    await within(sent, SIGNAL_WAIT_MS)
  }

  const wake = (tenantId: string, webhookId: string): Promise<void> =>
    soon('the wake-up of a queue', deps.starts.drain({ tenantId, webhookId }))

  async function steer(
    tenantId: string,
    id: string,
    move: (delivery: Delivery) => Promise<number>,
    round: (delivery: Delivery) => number,
  ): Promise<SteeringResult> {
    const [delivery] = await deliveries.load(tenantId, [id])
    if (!delivery) return { kind: 'not found' }
    if ((await move(delivery)) === 0) {
      const [now] = await deliveries.load(tenantId, [id])
      return { kind: 'not allowed', status: now?.status ?? delivery.status }
    }
    const [moved] = await deliveries.load(tenantId, [id])
    if (moved?.untold) await soon(`the signal ${moved.untold}`, messenger.tell(tenantId, [moved]))
    return { kind: 'accepted', round: round(delivery) }
  }

  async function moveWebhook(
    tenantId: string,
    id: string,
    from: WebhookStatus[],
    to: WebhookStatus,
    reason?: string,
  ): Promise<WebhookSteeringResult> {
    const moved = await webhooks.setStatus(tenantId, id, from, to, reason)
    const webhook = await webhooks.get(tenantId, id)
    if (!webhook) return { kind: 'not found' }
    return moved || webhook.status === to ? { kind: 'done', webhook } : { kind: 'not allowed', status: webhook.status }
  }

  return {
    retry: (tenantId, id) =>
      steer(
        tenantId,
        id,
        ({ round }) => deliveries.openRound(tenantId, [id], round, 'retry'),
        ({ round }) => round + 1,
      ),
    cancel: (tenantId, id) =>
      steer(
        tenantId,
        id,
        async () =>
          (await deliveries.cancel(tenantId, { ids: [id], from: ['parked'] }, 'cancel')) ||
          deliveries.cancel(tenantId, { ids: [id], from: ['held'] }),
        ({ round }) => round,
      ),
    pause: async (tenantId, id) => {
      const result = await moveWebhook(tenantId, id, ['active'], 'paused')
      // What waits between two attempts is held at once, and not only when its time comes.
      if (result.kind === 'done') {
        await deliveries.holdWaiting(tenantId, id)
        await wake(tenantId, id)
      }
      return result
    },
    resume: async (tenantId, id, by) => {
      const result = await moveWebhook(tenantId, id, ['paused', 'suspended', 'disabled'], 'active', 'by hand')
      if (result.kind === 'done') {
        await Promise.all([deps.health.clear(id), webhooks.endRetryAfter(tenantId, id)])
        await Promise.all([
          soon('the release of what was held', deps.releasing.resumeHeld(tenantId, id, by)),
          wake(tenantId, id),
          soon('the report of a resume', deps.notices.tellChanges(tenantId, id)),
        ])
      }
      return result
    },
    edited: wake,
    remove: async (tenantId, id) => {
      const webhook = await webhooks.get(tenantId, id)
      if (!webhook || !(await webhooks.remove(tenantId, id))) return { kind: 'not found' }
      await soon('the cancel of what was on its way to a deleted webhook', cancelRemoved(deps, tenantId, id))
      return { kind: 'done', webhook }
    },
  }
}
