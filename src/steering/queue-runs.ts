/**
 * The runs of the queues' activity that are under way in this process. What goes into the queue of one
 * of them wakes it here; a wake-up by way of its workflow costs Temporal a signal and a task.
 */
export interface QueueRuns {
  /** How many webhooks' queues are worked off here. */
  count: () => number
  begin: (webhookId: string) => QueueRun
  /** False where no run of the webhook's queue is under way here. `isChanged`: so is the webhook. */
  wake: (webhookId: string, isChanged?: boolean) => boolean
}

export interface QueueRun {
  /** Called before each look at the queue: what woke it until now is seen by that. True where the webhook was changed. */
  look: () => boolean
  /** Until it is woken or the process stops, at most for `ms`; at once where it was woken after the last look. */
  sleep: (ms: number) => Promise<void>
  /** True where it was woken after the last look: somebody else must see to that. */
  end: () => boolean
}

interface Sleeper {
  isWoken: boolean
  isChanged: boolean
  wakeUp?: () => void
}

export function createQueueRuns(stopping: AbortSignal): QueueRuns {
  const byWebhook = new Map<string, Set<Sleeper>>()
  stopping.addEventListener('abort', () => {
    for (const runs of byWebhook.values()) for (const run of runs) run.wakeUp?.()
  })

  function begin(webhookId: string): QueueRun {
    const run: Sleeper = { isWoken: false, isChanged: false }
    // A run that Temporal has given up may still be here beside its successor.
    const runs = byWebhook.get(webhookId) ?? new Set()
    byWebhook.set(webhookId, runs.add(run))
    return {
      look: () => {
        const { isChanged } = run
        Object.assign(run, { isWoken: false, isChanged: false })
        return isChanged
      },
      sleep: async (ms) => {
        if (run.isWoken || stopping.aborted) return
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          run.wakeUp = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        delete run.wakeUp
      },
      end: () => {
        runs.delete(run)
        if (runs.size === 0 && byWebhook.get(webhookId) === runs) byWebhook.delete(webhookId)
        return run.isWoken
      },
    }
  }

  return {
    count: () => byWebhook.size,
    begin,
    wake: (webhookId, isChanged = false) => {
      const runs = byWebhook.get(webhookId) ?? []
      for (const run of runs) {
        run.isWoken = true
        run.isChanged ||= isChanged
        run.wakeUp?.()
      }
      return byWebhook.has(webhookId)
    },
  }
}
