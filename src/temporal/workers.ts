import type { NativeConnection } from '@temporalio/worker'
import type { Activities } from '../../activities/types'
import { DISPATCH_SLOTS, RETRY_SLOTS } from '../domain/lanes'
import { retriesQueue } from '../domain/task-queues'
import { dataConverter } from './connect'
import { UnwatchedWorker } from './unwatched-worker'

export interface WorkersOptions {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  activities: Activities
  /** The bundle's file. */
  workflowBundle: string
  payloadKey?: Buffer
}

export interface Workers {
  /** Settles when the workers have stopped; rejects when one of them broke. */
  running: Promise<void>
  /** Begins nothing new, lets what runs end. */
  stop: () => Promise<void>
}

/** POSTs under way end within their own bound before a worker is gone. */
const SHUTDOWN_GRACE = '16s'

/**
 * Two workers: one for workflows and their short steps, one for the queue of the attempts after the
 * first, so that however many of those wait, they take no slot from a new event.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { connection, namespace, taskQueue, activities, payloadKey } = options
  const common = {
    connection,
    namespace,
    dataConverter: dataConverter(payloadKey),
    shutdownGraceTime: SHUTDOWN_GRACE,
  }
  const events = await UnwatchedWorker.create({
    ...common,
    taskQueue,
    workflowBundle: { codePath: options.workflowBundle },
    activities,
    enableNonLocalActivities: false,
    maxCachedWorkflows: 300,
    // A workflow's task is under way for as long as its `dispatch` is: one slot of each.
    maxConcurrentWorkflowTaskExecutions: DISPATCH_SLOTS,
    maxConcurrentLocalActivityExecutions: DISPATCH_SLOTS,
  })
  const { postEvents, workQueue, releasePage, erasePage } = activities
  const retries = await UnwatchedWorker.create({
    ...common,
    taskQueue: retriesQueue(taskQueue),
    activities: { postEvents, workQueue, releasePage, erasePage },
    // What a beat carries is what a run that is cut off leaves to the next one.
    maxHeartbeatThrottleInterval: '1s',
    maxConcurrentActivityTaskExecutions: RETRY_SLOTS,
  })
  const all = [events, retries]
  const running = Promise.all(all.map((worker) => worker.run())).then(() => undefined)
  return {
    running,
    stop: async () => {
      for (const worker of all) if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    },
  }
}
