import {
  condition,
  continueAsNew,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow'
import type { Batch } from '../activities/types'
import { GROUP_LIMITS } from '../src/domain/event'
import { RELEASE_PACE } from '../src/domain/lanes'
import { postEvents, settleTaken, takeFromQueue } from './activities'
import { adoptDeliveries } from './deliver'
import { wake } from './messages'
import { failureType } from './round'

export interface DrainInput {
  tenantId: string
  webhookId: string
  /** The pace at which what was held is released, deliveries a second. */
  perSecond?: number
  /** What it has slowed down to. */
  pace?: number
}

/** However far off the next delivery's time is: others may have come before it. */
const LONGEST_WAIT_MS = 60_000

/**
 * Works off what waits for a webhook, oldest first and page by page: what a pause held, at a pace that
 * slows while most of it fails, and what the webhook could not take when its turn came. However much
 * waits, it is one workflow and one activity at a time.
 */
export async function drainWebhook({ tenantId, webhookId, perSecond = RELEASE_PACE.perSecond, pace = perSecond }: DrainInput): Promise<void> {
  let woken = false
  setHandler(wake, () => void (woken = true))

  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof drainWebhook>({ tenantId, webhookId, perSecond, pace })
    woken = false
    const page = await takeFromQueue({ tenantId, webhookId, mostHeld: Math.min(pace, GROUP_LIMITS.events) })
    // What comes meanwhile may be due before.
    if (page.kind === 'later') await condition(() => woken, Math.min(LONGEST_WAIT_MS, Math.max(1, page.notBefore - Date.now())))
    if (page.kind === 'empty' && !woken) return
    if (page.kind !== 'page') continue
    const { batch, released } = page
    const failed = await attempt(tenantId, released ? { ...batch, perSecond: pace } : batch)
    const mostFail = failed > batch.deliveryIds.length / 2
    if (released) pace = mostFail ? Math.max(RELEASE_PACE.leastPerSecond, Math.floor(pace / 2)) : Math.min(perSecond, pace * 2)
  }
}

/** One POST of each; answers how many were not delivered. What is used up is parked in a workflow of its own. */
async function attempt(tenantId: string, batch: Batch): Promise<number> {
  const once = { ...batch, policy: { ...batch.policy, maximumAttempts: batch.base + 1 } }
  let failure: string | undefined
  try {
    const result = await postEvents(tenantId, once)
    if (result.kind === 'done') return 0
    // None was attempted: they go back, and their turn comes again.
    await sleep(Math.max(1, result.notBefore - Date.now()))
  } catch (error) {
    failure = failureType(error)
  }
  const { parked, waiting } = await settleTaken({ tenantId, batch, ...(failure !== undefined && { failure }) })
  if (parked.length > 0) await handOver(tenantId, parked)
  return parked.length + waiting
}

async function handOver(tenantId: string, deliveryIds: string[]): Promise<void> {
  const { workflowId, runId, historyLength } = workflowInfo()
  await startChild(adoptDeliveries, {
    workflowId: `adopt/${tenantId}/${deliveryIds[0]}+${runId}.${historyLength}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [{ tenantId, deliveryIds, from: workflowId }],
  })
}
