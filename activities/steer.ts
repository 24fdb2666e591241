import type { ActivityDeps } from './deps'
import type { Activities } from './types'

/** What an operator asks of a delivery by way of its workflow: the same as by way of the API. */
export function createSteer({ steering }: Pick<ActivityDeps, 'steering'>): Activities['steer'] {
  return async ({ tenantId, deliveryId, action }) => {
    const result = await steering[action](tenantId, deliveryId, 'temporal')
    if (result.kind === 'not found') return { deliveryId, done: false, why: 'there is no such delivery any more' }
    const { status, attemptUnderWay } = result
    if (result.kind === 'accepted') return { deliveryId, done: true, status, ...(attemptUnderWay && { attemptUnderWay }) }
    const why = attemptUnderWay ? 'an attempt is being made just now' : result.isBehind ? 'it comes after the others of its ordering key' : result.isDue ? 'its next attempt is due already' : `it is ${status}`
    return { deliveryId, done: false, status, why }
  }
}
