import { within } from '../domain/within'

/**
 * The runs of the queues' activity that are under way in this process. What goes into the queue of one
 * of them wakes it here; a wake-up by way of its workflow costs Temporal a signal and a task.
 */
export interface QueueRuns {
  /** How many webhooks' queues are worked off here. */
  count: () => number
  /** `isLate`: Temporal has given the run up, as far as can be seen here. */
  begin: (webhookId: string, isLate: () => boolean) => QueueRun
  /** True where a run works off the webhook's queue here. */
  has: (webhookId: string) => boolean
  /** False where no run works off the webhook's queue here. `isChanged`: so is the webhook. */
  wake: (webhookId: string, isChanged?: boolean) => boolean
}

export interface QueueRun {
  /** Settles once those of the queue that began here before have ended: Temporal has given them up. */
  alone: Promise<unknown>
  /** Another one has its place: it begins nothing more. */
  isOver: () => boolean
  /** Called before each look at the queue: what woke it until now is seen by that. True where the webhook was changed. */
  look: () => boolean
  /** Until it is woken, is over or the process stops, at most for `ms`; at once where it was woken after the last look. */
  sleep: (ms: number) => Promise<void>
  /** True where somebody else must see to the queue: it was woken after the last look, or another one has its place. */
  end: () => boolean
}

interface Run {
  isWoken: boolean
  isChanged: boolean
  isReplaced: boolean
  isLate: () => boolean
  alone: Promise<unknown>
  ended: Promise<void>
  wakeUp?: () => void
}

/** More than the longest answer, and the time to write it down; then a run goes on beside one that does not end. */
const ALONE_MS = 60_000

export function createQueueRuns(stopping: AbortSignal): QueueRuns {
  /** The newest of each queue. */
  const byWebhook = new Map<string, Run>()
  stopping.addEventListener('abort', () => {
    for (const run of byWebhook.values()) run.wakeUp?.()
  })
  function living(webhookId: string): Run | undefined {
    const run = byWebhook.get(webhookId)
    return run && !isOver(run) ? run : undefined
  }
  const isOver = ({ isReplaced, isLate }: Run): boolean => isReplaced || isLate()

  /** Temporal has one at a time: it has given up the one before. */
  function replace(webhookId: string): Run | undefined {
    const before = byWebhook.get(webhookId)
    if (before) before.isReplaced = true
    before?.wakeUp?.()
    return before
  }

  async function sleep(run: Run, ms: number): Promise<void> {
    if (run.isWoken || isOver(run) || stopping.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      run.wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    delete run.wakeUp
  }

  return {
    count: () => byWebhook.size,
    begin: (webhookId, isLate) => {
      const before = replace(webhookId)
      const alone = before ? within(Promise.all([before.alone, before.ended]), ALONE_MS) : Promise.resolve()
      let markEnded = (): void => undefined
      const ended = new Promise<void>((resolve) => (markEnded = resolve))
      const run: Run = { isWoken: false, isChanged: false, isReplaced: false, isLate, alone, ended }
      byWebhook.set(webhookId, run)
      return {
        alone,
        isOver: () => isOver(run),
        look: () => {
          const { isChanged } = run
          Object.assign(run, { isWoken: false, isChanged: false })
          return isChanged
        },
        sleep: (ms) => sleep(run, ms),
        end: () => {
          markEnded()
          if (byWebhook.get(webhookId) === run) byWebhook.delete(webhookId)
          return run.isWoken || isOver(run)
        },
      }
    },
    has: (webhookId) => living(webhookId) !== undefined,
    wake: (webhookId, isChanged = false) => {
      const run = living(webhookId)
      if (!run) return false
      run.isWoken = true
      run.isChanged ||= isChanged
      run.wakeUp?.()
      return true
    },
  }
}
