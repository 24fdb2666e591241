import { asyncLocalStorage, type Context } from '@temporalio/activity'
import { createDeliveryStore } from '../../src/store/deliveries'
import { ADMIN_KEY } from '../support/herald'
import { newDelivery } from '../support/new-delivery'
import { useScene } from '../support/scene'

const scene = useScene()

it('counts a parked delivery once, however many workers run the step', async () => {
  const { tenantId } = scene
  const webhookId = await scene.subscribe((await scene.receiver()).url, { retry: { maximumAttempts: 1 } })
  const { activities, store } = scene.herald.herald.context
  const delivery = newDelivery({ id: `dlv_${tenantId}`, tenantId, webhookId })
  await createDeliveryStore(store.models).insert([delivery])
  const policy = { maximumAttempts: 1, initialIntervalMs: 1, backoffCoefficient: 1, maximumIntervalMs: 1 }
  const batch = { webhookId, deliveryIds: [delivery.id], round: 0, base: 0, policy, startToCloseMs: 1 }

  const inItsWorkflow = { info: { workflowExecution: { workflowId: delivery.workflowId } } } as Context
  const park = () => asyncLocalStorage.run(inItsWorkflow, () => activities.park({ tenantId, batch }))
  await Promise.all(Array.from({ length: 5 }, park))

  const metrics = await fetch(`${scene.herald.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  expect(await metrics.text()).toContain('\nherald_deliveries_parked_total{reason="attempts exhausted"} 1\n')
})
