import { FINAL_STATUSES, UNDER_WAY, type Delivery } from '../src/domain/delivery'
import { hasExpired } from '../src/domain/timing'
import type { Webhook } from '../src/domain/webhook'
import { batchesOf, parkedOf } from './batches'
import type { ActivityDeps } from './deps'
import type { CareResult } from './types'

/** Deliveries as they stand once every answer counts that is on record, whoever recorded it, and what came too late has expired. */
export async function loadStanding(
  { deliveries, recorder }: Pick<ActivityDeps, 'deliveries' | 'recorder'>,
  tenantId: string,
  ids: string[],
): Promise<Delivery[]> {
  const found = await deliveries.load(tenantId, ids)
  const finished = await recorder.finish(tenantId, found)
  const now = new Date()
  const late = found.filter((delivery) => hasExpired(delivery, now) && !FINAL_STATUSES.includes(delivery.status))
  if (late.length > 0) await deliveries.expireEvents(tenantId, late.map(({ id }) => id), now)
  return finished || late.length > 0 ? deliveries.load(tenantId, ids) : found
}

type CareDeps = Pick<ActivityDeps, 'deliveries' | 'webhooks' | 'tenants'>

/** Where deliveries stand by their records, of the workflow `own` where one is named; those of a deleted webhook are cancelled. */
export async function careFor(deps: CareDeps, tenantId: string, ids: string[], own?: string): Promise<CareResult> {
  const { deliveries, tenants } = deps
  const [found, tenant] = await Promise.all([deliveries.load(tenantId, ids), tenants.get(tenantId)])
  const all = found.filter(({ workflowId }) => own === undefined || workflowId === own)
  const known = await webhooksOf(deps, tenantId, all)
  const orphans = all.filter(({ webhookId, status }) => !known.has(webhookId) && !FINAL_STATUSES.includes(status))
  if (orphans.length > 0) await deliveries.cancel(tenantId, { ids: orphans.map(({ id }) => id) })
  const standing = all.filter((delivery) => !orphans.includes(delivery))
  // What is in its webhook's queue is that one's.
  const underWay = standing.filter(({ status, queue }) => UNDER_WAY.includes(status) && queue === undefined)
  return {
    left: batchesOf(underWay, known),
    parked: standing
      .filter(({ status }) => status === 'parked')
      .map((delivery) => parkedOf(delivery, tenant?.expiryNoticeMs ?? 0)),
  }
}

async function webhooksOf({ webhooks }: CareDeps, tenantId: string, all: Delivery[]): Promise<Map<string, Webhook>> {
  const ids = [...new Set(all.map(({ webhookId }) => webhookId))]
  const found = await Promise.all(ids.map((id) => webhooks.get(tenantId, id)))
  return new Map(found.flatMap((webhook) => (webhook ? [[webhook.id, webhook] as const] : [])))
}
