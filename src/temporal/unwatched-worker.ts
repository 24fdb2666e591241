import { Worker } from '@temporalio/worker'

/**
 * A worker that calls workflow code without a time limit. The SDK's limit (`isolateExecutionTimeout`,
 * 5 s, for loops without an end) is Node's `timeout` of a vm call, for which Node makes a thread and
 * takes it down again, at every call: nine times for a lone event (nodejs/node#47739). Herald's
 * workflows have no loop that does not wait; record 0030 has the figures.
 */
export class UnwatchedWorker extends Worker {
  protected static override createWorkflowCreator(...[bundle, options, logger]: Parameters<typeof Worker.createWorkflowCreator>) {
    // Node takes undefined for "no limit"; the SDK's type knows none.
    const unlimited = { ...options, isolateExecutionTimeoutMs: undefined as unknown as number }
    return super.createWorkflowCreator(bundle, unlimited, logger)
  }
}
