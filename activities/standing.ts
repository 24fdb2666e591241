import type { Delivery } from '../src/domain/delivery'
import type { ActivityDeps } from './deps'

/** Deliveries as they stand once every answer counts that is on record, whoever recorded it. */
export async function loadStanding(
  { deliveries, recorder }: Pick<ActivityDeps, 'deliveries' | 'recorder'>,
  tenantId: string,
  ids: string[],
): Promise<Delivery[]> {
  const found = await deliveries.load(tenantId, ids)
  return (await recorder.finish(tenantId, found)) ? deliveries.load(tenantId, ids) : found
}
