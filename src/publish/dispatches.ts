import { LRUCache } from 'lru-cache'

/** Joins the starts of this process to the dispatches that its own workers make. */
export interface Dispatches {
  /** Resolves when the workflow's first attempts are made here; another process may make them. */
  ended: (workflowId: string) => Promise<void>
  end: (workflowId: string) => void
}

/** More than are ever in flight; a dispatch that another process makes is forgotten in time. */
const MAX = 1_000

export function createDispatches(): Dispatches {
  const waiting = new LRUCache<string, () => void>({ max: MAX })
  /** An eager dispatch may end before its start is answered. */
  const early = new LRUCache<string, true>({ max: MAX })

  return {
    ended: (workflowId) =>
      new Promise((resolve) => {
        if (early.delete(workflowId)) resolve()
        else waiting.set(workflowId, resolve)
      }),
    end: (workflowId) => {
      const resolve = waiting.get(workflowId)
      waiting.delete(workflowId)
      if (resolve) resolve()
      else early.set(workflowId, true)
    },
  }
}
