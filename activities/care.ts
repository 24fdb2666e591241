import { activityInfo } from '@temporalio/activity'
import { postsInRound, UNDER_WAY, type Delivery, type ParkedReason } from '../src/domain/delivery'
import { groupBy } from '../src/domain/group-by'
import { isDrainWorkflowId } from '../src/domain/ids'
import { isOperational, parkedNotice } from '../src/domain/operational-events'
import { isStoreAway } from '../src/store/errors'
import type { ActivityDeps } from './deps'
import { careFor, loadStanding } from './standing'
import { BLOCKED_ADDRESS, WEBHOOK_DISABLED, type Activities, type Batch } from './types'

type Care = Pick<Activities, 'park' | 'openRound' | 'cancelParked' | 'expire' | 'adopt'>

/** What happens to deliveries between their rounds. */
export function createCare(deps: ActivityDeps): Care {
  const { deliveries } = deps

  const ownWorkflowId = (): string => activityInfo().workflowExecution?.workflowId ?? ''

  const park: Activities['park'] = async ({ tenantId, batch, failure }) => {
    const { deliveryIds } = batch
    await deps.recorder.settled(deliveryIds, 5_000)
    await parkUsedUp(deps, { tenantId, batch, failure, ownWorkflowId: ownWorkflowId() })
    const { left, parked } = await careFor(deps, tenantId, deliveryIds, ownWorkflowId())
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

  return {
    park,
    openRound,
    cancelParked: async ({ tenantId, deliveryIds: ids }) => {
      await deliveries.cancel(tenantId, { ids, from: ['parked'] })
      await deliveries.told(tenantId, ids, { action: 'cancel' })
    },
    expire: async ({ tenantId, deliveryIds: ids, now }) => {
      await deliveries.expireEvents(tenantId, ids, new Date(now))
      await deliveries.expire(tenantId, ids, new Date(now))
      await noticeExpiry(deps, tenantId, ids)
      return careFor(deps, tenantId, ids)
    },
    adopt: async ({ tenantId, deliveryIds: ids, from }) => {
      if (isDrainWorkflowId(from)) await deliveries.adoptParked(tenantId, ids, ownWorkflowId())
      // What a replay made is the queue's own: a person may have retried it before it was handed over.
      await deliveries.adopt(tenantId, ids, from, ownWorkflowId())
      const own = (await deliveries.load(tenantId, ids)).filter(({ workflowId }) => workflowId === ownWorkflowId())
      return careFor(deps, tenantId, own.map(({ id }) => id))
    },
  }
}

export interface ParkInput {
  tenantId: string
  batch: Pick<Batch, 'webhookId' | 'deliveryIds' | 'policy'> & Partial<Pick<Batch, 'round'>>
  failure: string | undefined
  /** None for what is in its webhook's queue. */
  ownWorkflowId?: string
}

/** Parks those of a batch that the workflow still has and whose attempts are used up, or in vain; answers their ids. */
export async function parkUsedUp(deps: ActivityDeps, { tenantId, batch, failure, ownWorkflowId }: ParkInput): Promise<string[]> {
  const [open, webhook, tenant] = await Promise.all([
    loadStanding(deps, tenantId, batch.deliveryIds),
    deps.webhooks.get(tenantId, batch.webhookId),
    deps.tenants.get(tenantId),
  ])
  const reason = reasonOf(failure)
  const used = (delivery: Delivery) => postsInRound(delivery) >= (webhook?.retry ?? batch.policy).maximumAttempts
  const out = open
    .filter(({ status, workflowId, queue }) => UNDER_WAY.includes(status) && (queue ? ownWorkflowId === undefined : workflowId === ownWorkflowId))
    .filter((delivery) => reason !== 'attempts exhausted' || used(delivery))
  deps.faults('before-park')
  const keptUntil = Date.now() + (tenant?.parkedForMs ?? 0)
  const expiry = ({ expireAt }: Delivery) => Math.min(keptUntil, expireAt?.getTime() ?? Infinity)
  for (const [expiresAt, group] of groupBy(out, expiry)) {
    const moved = await deps.deliveries.park(tenantId, group.map(({ id }) => id), reason, new Date(expiresAt))
    deps.metrics.parked.inc({ reason }, moved)
  }
  deps.faults('after-park')
  const before = open.filter(({ status, round, workflowId }) => status === 'parked' && round === batch.round && workflowId === ownWorkflowId)
  await tellParked(deps, { tenantId, webhookId: batch.webhookId, reason }, [...before, ...out])
  return out.map(({ id }) => id)
}

interface ParkedTogether {
  tenantId: string
  webhookId: string
  reason: ParkedReason
}

/** Also what an earlier run of the step has parked and may not have told. No bug in the telling keeps a step from ending. */
async function tellParked({ notices, logger }: ActivityDeps, { tenantId, webhookId, reason }: ParkedTogether, parked: Delivery[]): Promise<void> {
  if (parked.length === 0) return
  try {
    if (!(await notices.isHeard(tenantId, 'delivery.parked', webhookId))) return
    for (const [isOurs, group] of groupBy(parked, ({ typeId }) => isOperational(typeId))) {
      // An event about a parked event could park in its turn, for ever; mails cannot.
      await notices.tell(parkedNotice(tenantId, webhookId, reason, group), isOurs ? 'by mail alone' : undefined)
    }
  } catch (error) {
    if (isStoreAway(error)) throw error
    logger.error({ err: error, tenantId, webhookId, parked: parked.length }, 'parked deliveries were not reported')
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
