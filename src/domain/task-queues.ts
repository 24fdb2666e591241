export const DEFAULT_TASK_QUEUE = 'herald'

/** Attempts after the first one run on a queue of their own, so that they never delay a first one. */
export const retriesQueue = (taskQueue: string): string => `${taskQueue}-retries`
