import { sleep, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { InlineEvent } from '../activities/types'
import { DEFAULT_TENANT } from '../src/domain/tenant'
import { HeraldEventIds, HeraldTenant } from '../src/temporal/search-attributes'
import { adopt, dispatch, journal } from './activities'
import { attend } from './attend'
import { takeUpdates } from './updates'

/** One event, started by a service through Temporal's client. Contract version 1. */
export interface DeliverEventInput {
  tenantId?: string
  event: InlineEvent
}

/** Events that stand in the journal already. */
export interface DeliverInput {
  tenantId: string
  eventIds: string[]
}

export interface AdoptInput {
  tenantId: string
  deliveryIds: string[]
  /** The workflow that had them. */
  from: string
}

export interface DeliverResult {
  deliveries: number
  delivered: number
  held: number
  /** Of an event whose `expireAt` had passed; none when not given. */
  expired?: number
  /** The event had been published before: nothing was done again. */
  repeated?: boolean
  /** The event waits for its `deliverAt` in the journal; another workflow delivers it then. */
  scheduled?: boolean
}

/** Delivers events, one or as many as waited for a start, to every webhook that asked for them. */
export async function deliverEvents({ tenantId, eventIds }: DeliverInput): Promise<DeliverResult> {
  const { left, parked = [], ...result } = await dispatch({ tenantId, eventIds })
  await attend({ tenantId, left, parked })
  return result
}

/** The same for an event that only this workflow knows yet. */
export async function deliverEvent({ tenantId = DEFAULT_TENANT, event }: DeliverEventInput): Promise<DeliverResult> {
  const { repeated, scheduled, waitUntil } = await journal({ tenantId, event })
  if (repeated) return { deliveries: 0, delivered: 0, held: 0, repeated }
  if (!workflowInfo().typedSearchAttributes.get(HeraldEventIds)) {
    upsertSearchAttributes([
      { key: HeraldTenant, value: tenantId },
      { key: HeraldEventIds, value: [event.id] },
    ])
  }
  if (scheduled) return { deliveries: 0, delivered: 0, held: 0, scheduled }
  if (waitUntil !== undefined) await sleep(Math.max(1, waitUntil - Date.now()), { summary: `deliverAt of ${event.id}` })
  return deliverEvents({ tenantId, eventIds: [event.id] })
}

/** Takes over deliveries whose workflow is gone, or has grown too long, where they stand. */
export async function adoptDeliveries({ tenantId, deliveryIds, from }: AdoptInput): Promise<void> {
  // Before its first step: an update that comes just after a workflow has continued as new would be refused.
  let isReady = false
  takeUpdates(tenantId, (id) => deliveryIds.includes(id), () => isReady)
  const care = await adopt({ tenantId, deliveryIds, from })
  isReady = true
  await attend({ tenantId, ...care })
}
