import { activityInfo } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery, type ParkedReason } from '../src/domain/delivery'
import { GROUP_LIMITS } from '../src/domain/event'
import { groupBy } from '../src/domain/group-by'
import { batchOf } from './batches'
import type { ActivityDeps } from './deps'
import { careFor, loadStanding } from './standing'
import { BLOCKED_ADDRESS, WEBHOOK_DISABLED, type Activities } from './types'

type Care = Pick<Activities, 'park' | 'openRound' | 'cancelParked' | 'expire' | 'adopt' | 'releaseHeld'>

/** What happens to deliveries between their rounds. */
export function createCare(deps: ActivityDeps): Care {
  const { deliveries, webhooks, tenants } = deps

  const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

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
    const moved = await deliveries.park(tenantId, out.map(({ id }) => id), reason, expiresAt)
    deps.metrics.parked.inc({ reason }, moved)
    const { left, parked } = await careFor(deps, tenantId, deliveryIds)
    return { unfinished: left, parked }
  }

  const openRound: Activities['openRound'] = async ({ tenantId, parked }) => {
    for (const [round, group] of groupBy(parked, (delivery) => delivery.round)) {
      const ids = group.map(({ deliveryId }) => deliveryId)
      await deliveries.openRound(tenantId, ids, round)
      await deliveries.told(tenantId, ids, { action: 'retry', round: round + 1 })
    }
    return careFor(deps, tenantId, parked.map(({ deliveryId }) => deliveryId))
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
      await deliveries.told(tenantId, ids, { action: 'cancel' })
    },
    expire: async ({ tenantId, deliveryIds: ids, now }) => {
      await deliveries.expire(tenantId, ids, new Date(now))
      await noticeExpiry(deps, tenantId, ids)
      return careFor(deps, tenantId, ids)
    },
    adopt: async ({ tenantId, deliveryIds: ids, from }) => {
      await deliveries.adopt(tenantId, ids, from, ownWorkflowId())
      const own = (await deliveries.load(tenantId, ids)).filter(({ workflowId }) => workflowId === ownWorkflowId())
      return careFor(deps, tenantId, own.map(({ id }) => id))
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
