import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { FloorActivities } from './floor'

const inProcess = proxyLocalActivities<FloorActivities>({ startToCloseTimeout: '10s' })
const overQueue = proxyActivities<FloorActivities>({ startToCloseTimeout: '10s' })

/** The least that Temporal can do for an event: one local activity. */
export async function eager(i: number): Promise<void> {
  await inProcess.arrive(i)
}

/** The form that a tutorial would show: one regular activity. */
export async function plain(i: number): Promise<void> {
  await overQueue.arrive(i)
}
