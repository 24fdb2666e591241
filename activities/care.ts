import { activityInfo } from '@temporalio/activity'
import { FINAL_STATUSES, postsInRound, UNDER_WAY, type Delivery, type ParkedReason } from '../src/domain/delivery'
import { GROUP_LIMITS } from '../src/domain/event'
import type { Webhook } from '../src/domain/webhook'
import { batchOf, batchesOf, parkedOf } from './batches'
import type { ActivityDeps } from './deps'
import { loadStanding } from './standing'
import { BLOCKED_ADDRESS, WEBHOOK_DISABLED, type Activities, type CareResult } from './types'

type Care = Pick<Activities, 'park' | 'openRound' | 'cancelParked' | 'expire' | 'adopt' | 'releaseHeld'>

/** What happens to deliveries between their rounds. */
export function createCare(deps: ActivityDeps): Care {
  const { deliveries, webhooks, tenants } = deps

  const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

  async function webhooksOf(tenantId: string, all: Delivery[]): Promise<Map<string, Webhook>> {
    const ids = [...new Set(all.map(({ webhookId }) => webhookId))]
    const found = await Promise.all(ids.map((id) => webhooks.get(tenantId, id)))
    return new Map(found.flatMap((webhook) => (webhook ? [[webhook.id, webhook] as const] : [])))
  }

  /** Where deliveries stand by their records; those of a deleted webhook are cancelled. */
  async function careFor(tenantId: string, ids: string[]): Promise<CareResult> {
    const [all, tenant] = await Promise.all([deliveries.load(tenantId, ids), tenants.get(tenantId)])
    const known = await webhooksOf(tenantId, all)
    const orphans = all.filter(({ webhookId, status }) => !known.has(webhookId) && !FINAL_STATUSES.includes(status))
    if (orphans.length > 0) await deliveries.cancel(tenantId, { ids: orphans.map(({ id }) => id) })
    const standing = all.filter((delivery) => !orphans.includes(delivery))
    return {
      left: batchesOf(standing.filter(({ status }) => UNDER_WAY.includes(status)), known),
      parked: standing
        .filter(({ status }) => status === 'parked')
        .map((delivery) => parkedOf(delivery, tenant?.expiryNoticeMs ?? 0)),
    }
  }

  const park: Activities['park'] = async ({ tenantId, batch, failure }) => {
    const { deliveryIds } = batch
    await deps.recorder.settled(deliveryIds, 5_000)
    const [open, webhook, tenant] = await Promise.all([
      loadStanding(deps, tenantId, deliveryIds),
      webhooks.get(tenantId, batch.webhookId),
      tenants.get(tenantId),
    ])
    const reason = reasonOf(failure)
    const used = (delivery: Delivery) => postsInRound(delivery) >= (webhook?.retry ?? batch.policy).maximumAttempts
    const out = open.filter(
      (delivery) => UNDER_WAY.includes(delivery.status) && (reason !== 'attempts exhausted' || used(delivery)),
    )
    deps.faults('before-park')
    const expiresAt = new Date(Date.now() + (tenant?.parkedForMs ?? 0))
    await deliveries.park(tenantId, out.map(({ id }) => id), reason, expiresAt)
    deps.metrics.parked.inc({ reason }, out.length)
    const { left, parked } = await careFor(tenantId, deliveryIds)
    return { unfinished: left, parked }
  }

  const openRound: Activities['openRound'] = async ({ tenantId, parked }) => {
    for (const { deliveryId, round } of parked) await deliveries.openRound(tenantId, [deliveryId], round)
    const ids = parked.map(({ deliveryId }) => deliveryId)
    await deliveries.told(tenantId, ids)
    return careFor(tenantId, ids)
  }

  const releaseHeld: Activities['releaseHeld'] = async ({ tenantId, webhookId }) => {
    const webhook = await webhooks.get(tenantId, webhookId)
    if (webhook?.status !== 'active') return undefined
    const workflowId = ownWorkflowId()
    const oldest = await deps.held.oldest(tenantId, webhookId, GROUP_LIMITS.events)
    await deliveries.releaseHeld(tenantId, oldest.map(({ id }) => id), workflowId)
    const taken = await deps.held.takenBy(tenantId, webhookId, workflowId, GROUP_LIMITS.events)
    const [first] = taken
    if (!first) return undefined
    const page = taken.filter(({ round, posts }) => round === first.round && postsInRound(first) === posts - first.postsBeforeRound)
    return batchOf(webhook, page, postsInRound(first))
  }

  return {
    park,
    openRound,
    releaseHeld,
    cancelParked: async ({ tenantId, deliveryIds: ids }) => {
      await deliveries.cancel(tenantId, { ids, from: ['parked'] })
      await deliveries.told(tenantId, ids)
    },
    expire: async ({ tenantId, deliveryIds: ids, now }) => {
      await deliveries.expire(tenantId, ids, new Date(now))
      await noticeExpiry(deps, tenantId, ids)
      return careFor(tenantId, ids)
    },
    adopt: async ({ tenantId, deliveryIds: ids, from }) => {
      await deliveries.adopt(tenantId, ids, from, ownWorkflowId())
      const own = (await deliveries.load(tenantId, ids)).filter(({ workflowId }) => workflowId === ownWorkflowId())
      return careFor(tenantId, own.map(({ id }) => id))
    },
  }
}

function reasonOf(failure: string | undefined): ParkedReason {
  if (failure === WEBHOOK_DISABLED) return 'webhook disabled'
  return failure === BLOCKED_ADDRESS ? 'blocked address' : 'attempts exhausted'
}

/** Says aloud, once, that a parked delivery is about to expire. */
async function noticeExpiry(deps: ActivityDeps, tenantId: string, ids: string[]): Promise<void> {
  const tenant = await deps.tenants.get(tenantId)
  const horizon = Date.now() + (tenant?.expiryNoticeMs ?? 0)
  const due = (await deps.deliveries.load(tenantId, ids)).filter(
    ({ status, expiresAt, expiryNoticedAt }) =>
      status === 'parked' && !expiryNoticedAt && (expiresAt?.getTime() ?? Infinity) <= horizon,
  )
  for (const { id, eventId, webhookId, expiresAt } of due) {
    deps.logger.warn({ tenantId, eventId, webhookId, deliveryId: id, expiresAt }, 'a parked delivery expires soon: retry or cancel it')
  }
  await deps.deliveries.noticeExpiry(tenantId, due.map(({ id }) => id))
}
