import type { Logger } from 'pino'
import { UNDER_WAY, type Delivery, type DeliveryStatus } from '../domain/delivery'
import type { Webhook, WebhookStatus } from '../domain/webhook'
import { within } from '../domain/within'
import type { Notices } from '../notices/notices'
import type { DeliveryStore } from '../store/deliveries'
import type { HealthStore } from '../store/health'
import type { SteeredStore } from '../store/steered'
import type { WebhookStore } from '../store/webhooks'
import type { WorkflowStarts } from '../temporal/start'
import { cancelRemoved } from './cancel-removed'
import type { Messenger } from './messenger'
import type { Releasing } from './releasing'
import type { Retime } from './retiming'

/**
 * `attemptUnderWay`: a POST of it may be in flight, which ends and counts. `isDue`: it waits for nothing
 * but its turn at the webhook. `isBehind`: others of its ordering key come first.
 */
export type SteeringResult =
  | { kind: 'accepted'; status: DeliveryStatus; round: number; attemptUnderWay?: boolean }
  | { kind: 'not allowed'; status: DeliveryStatus; attemptUnderWay?: boolean; isDue?: boolean; isBehind?: boolean }
  | { kind: 'not found' }

export type WebhookSteeringResult =
  | { kind: 'done'; webhook: Webhook }
  | { kind: 'not allowed'; status: Webhook['status'] }
  | { kind: 'not found' }

/** What a person does to deliveries and webhooks under way; `by` is the id of who asks. All throw {StoreAway}. */
export interface Steering {
  /**
   * parked → retrying, another round of attempts; what waits between two attempts is attempted now, and
   * keeps its count. Many clicks have one effect.
   */
  retry: (tenantId: string, deliveryId: string, by: string) => Promise<SteeringResult>
  /** Whatever is not final → cancelled. */
  cancel: (tenantId: string, deliveryId: string, by: string) => Promise<SteeringResult>
  /** active → paused: deliveries are held from now on. Paused already is fine. */
  pause: (tenantId: string, webhookId: string) => Promise<WebhookSteeringResult>
  /** active, paused or suspended → disabled, as its receiver asks for with 410: it gets nothing new, and what waits for it is parked. */
  disable: (tenantId: string, webhookId: string) => Promise<WebhookSteeringResult>
  /** paused, suspended or disabled → active; what was held goes out as a release. */
  resume: (tenantId: string, webhookId: string, by?: string) => Promise<WebhookSteeringResult>
  /** The webhook was changed: what waits goes on by what it says now, where `isRetimed` also by another back-off. */
  edited: (tenantId: string, webhookId: string, isRetimed: boolean) => Promise<void>
  /** Deletes the webhook: its deliveries are cancelled, its credentials erased. */
  remove: (tenantId: string, webhookId: string) => Promise<WebhookSteeringResult>
}

/** A person waits: what Temporal does not take in this time, the reconciler sends again. */
const SIGNAL_WAIT_MS = 1_000

export interface SteeringDeps {
  deliveries: DeliveryStore
  steered: Pick<SteeredStore, 'retryNow' | 'cancel'>
  retime: Retime
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

  async function edited(tenantId: string, webhookId: string, isRetimed: boolean): Promise<void> {
    if (isRetimed) await soon('giving what waits another turn', deps.retime(tenantId, webhookId))
    await wake(tenantId, webhookId)
  }

  async function load(tenantId: string, id: string): Promise<Delivery | undefined> {
    const [delivery] = await deliveries.load(tenantId, [id])
    return delivery
  }

  async function tell(delivery: Delivery): Promise<void> {
    const { tenantId, untold } = delivery
    if (untold) await soon(`the signal ${untold}`, messenger.tell(tenantId, [delivery]))
  }

  /** Of a parked one; its workflow is told. */
  async function steerParked(tenantId: string, id: string, move: (round: number) => Promise<number>): Promise<SteeringResult> {
    const delivery = await load(tenantId, id)
    if (!delivery) return { kind: 'not found' }
    const isMoved = (await move(delivery.round)) > 0
    const now = (await load(tenantId, id)) ?? delivery
    if (!isMoved) return { kind: 'not allowed', status: now.status }
    // What stands behind it in an ordered webhook need not wait for the next look.
    await Promise.all([tell(now), ...(delivery.turn === undefined ? [] : [wake(tenantId, delivery.webhookId)])])
    return { kind: 'accepted', status: now.status, round: now.round }
  }

  async function retryNow(tenantId: string, id: string, by: string): Promise<SteeringResult> {
    const isMoved = await deps.steered.retryNow(tenantId, id, by)
    const now = await load(tenantId, id)
    if (!now) return { kind: 'not found' }
    const { status, round, webhookId, token, queue } = now
    if (!isMoved) return { kind: 'not allowed', status, ...(UNDER_WAY.includes(status) && (token !== undefined ? { attemptUnderWay: true } : queue === 'behind' ? { isBehind: true } : { isDue: true })) }
    await Promise.all([wake(tenantId, webhookId), tell(now)])
    return { kind: 'accepted', status, round }
  }

  async function moveWebhook(
    tenantId: string,
    id: string,
    from: WebhookStatus[],
    to: WebhookStatus,
    reason?: string,
    resumedBy?: string,
  ): Promise<WebhookSteeringResult> {
    const moved = await webhooks.setStatus(tenantId, id, from, to, reason, resumedBy)
    const webhook = await webhooks.get(tenantId, id)
    if (!webhook) return { kind: 'not found' }
    return moved || webhook.status === to ? { kind: 'done', webhook } : { kind: 'not allowed', status: webhook.status }
  }

  return {
    retry: async (tenantId, id, by) => {
      const result = await steerParked(tenantId, id, (round) => deliveries.openRound(tenantId, [id], round, 'retry', by))
      return result.kind === 'not allowed' ? retryNow(tenantId, id, by) : result
    },
    cancel: async (tenantId, id, by) => {
      const result = await steerParked(tenantId, id, () => deliveries.cancel(tenantId, { ids: [id], from: ['parked'] }, 'cancel', by))
      if (result.kind !== 'not allowed') return result
      const cancelled = await deps.steered.cancel(tenantId, id, by)
      const now = await load(tenantId, id)
      if (!now) return { kind: 'not found' }
      const { status, round } = now
      if (cancelled) await Promise.all([tell(now), ...(now.turn === undefined ? [] : [wake(tenantId, now.webhookId)])])
      return cancelled ? { kind: 'accepted', status, round, ...cancelled } : { kind: 'not allowed', status }
    },
    pause: async (tenantId, id) => {
      const result = await moveWebhook(tenantId, id, ['active'], 'paused')
      // What waits between two attempts is held at once, and not only when its time comes.
      if (result.kind === 'done') {
        await deliveries.holdWaiting(tenantId, id)
        await wake(tenantId, id)
      }
      return result
    },
    disable: async (tenantId, id) => {
      const result = await moveWebhook(tenantId, id, ['active', 'paused', 'suspended'], 'disabled', 'by hand')
      if (result.kind === 'done') {
        await Promise.all([wake(tenantId, id), soon('the report of a disabled webhook', deps.notices.tellChanges(tenantId, id))])
      }
      return result
    },
    resume: async (tenantId, id, by) => {
      const result = await moveWebhook(tenantId, id, ['paused', 'suspended', 'disabled'], 'active', 'by hand', by)
      if (result.kind === 'done') {
        const [isRetimed] = await Promise.all([webhooks.endRetryAfter(tenantId, id), deps.health.clear(id)])
        await Promise.all([
          soon('the release of what was held', deps.releasing.resumeHeld(tenantId, id, by)),
          edited(tenantId, id, isRetimed),
          soon('the report of a resume', deps.notices.tellChanges(tenantId, id)),
        ])
      }
      return result
    },
    edited,
    remove: async (tenantId, id) => {
      const webhook = await webhooks.get(tenantId, id)
      if (!webhook || !(await webhooks.remove(tenantId, id))) return { kind: 'not found' }
      await soon('the cancel of what was on its way to a deleted webhook', cancelRemoved(deps, tenantId, id))
      return { kind: 'done', webhook }
    },
  }
}
