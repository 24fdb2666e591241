import { condition, setHandler } from '@temporalio/workflow'
import type { SteerResult } from '../activities/types'
import { steer } from './activities'
import { cancelDelivery, retryNow, type SteerRequest } from './messages'

/**
 * Lets operators steer the deliveries that the workflow has, once it is ready for what comes of that; what is
 * malformed, or of another one, is refused and leaves no trace.
 */
export function takeUpdates(tenantId: string, isOurs: (deliveryId: string) => boolean, isReady?: () => boolean): void {
  function validator(request: Partial<SteerRequest> | null | undefined): void {
    const id: unknown = request?.deliveryId
    if (typeof id !== 'string' || id === '') throw new Error('give {"deliveryId": "dlv_..."}')
    if (!isOurs(id)) {
      throw new Error(`${id} is no delivery that this workflow has now: GET /v1/deliveries/${id} names its workflow and says how it stands`)
    }
  }

  const handle =
    (action: 'retry' | 'cancel') =>
    async ({ deliveryId }: SteerRequest): Promise<SteerResult> => {
      if (isReady) await condition(isReady)
      return steer({ tenantId, deliveryId, action })
    }

  setHandler(retryNow, handle('retry'), { validator, description: 'Attempts a delivery now that waits, or is parked: {"deliveryId": "dlv_..."}' })
  setHandler(cancelDelivery, handle('cancel'), { validator, description: 'Gives a delivery up: {"deliveryId": "dlv_..."}' })
}
