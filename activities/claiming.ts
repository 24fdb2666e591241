import { within } from '../src/domain/within'
import type { ActivityDeps } from './deps'

/** How long a failed claim is waited for before the workflow is told; it is given back all the same. */
const GIVE_BACK_WAIT_MS = 5_000

/**
 * Answers what `claiming` does. When it fails, its answer may be lost and the claim stand: nobody POSTs
 * under its token, so that it is given back and uses none of the attempts.
 */
export async function orGiveBack<T>(
  { recorder }: Pick<ActivityDeps, 'recorder'>,
  claiming: Promise<T>,
  claim: { tenantId: string; deliveryIds: string[]; token: string },
): Promise<T> {
  try {
    return await claiming
  } catch (error) {
    await within(recorder.giveBack(claim.tenantId, claim.deliveryIds, claim.token), GIVE_BACK_WAIT_MS)
    throw error
  }
}
