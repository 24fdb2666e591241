import { setTimeout as wait } from 'node:timers/promises'
import type { ActivityDeps } from './deps'
import type { Intents, WriteIntents } from './intents'

/** Writes the intents of a workflow while Temporal starts it: its dispatch, in this process, finds them. */
export interface Ahead {
  begin: (tenantId: string, eventIds: string[], workflowId: string) => void
  /** What was written ahead for the workflow, once. */
  take: (workflowId: string) => Promise<Intents> | undefined
  /** The ids of deliveries that were written for a workflow that is not the one that was started. */
  drop: (workflowId: string) => Promise<string[]>
  /**
   * Before the process's workers stop: writes no more, waits a moment for the dispatches of what was
   * written, and gives back what nobody has taken. Another process would find attempts without an outcome.
   */
  close: () => Promise<void>
}

/** A dispatch that has not come by then may come in another process: it finds claims that were given back. */
const PATIENCE_MS = 2_000
const CLOSING_MS = 1_000
const LOOK_MS = 20

export function createAhead(write: WriteIntents, { recorder }: Pick<ActivityDeps, 'recorder'>): Ahead {
  let isClosed = false
  const written = new Map<string, { intents: Promise<Intents>; timer: NodeJS.Timeout }>()

  function take(workflowId: string): Promise<Intents> | undefined {
    const entry = written.get(workflowId)
    clearTimeout(entry?.timer)
    written.delete(workflowId)
    return entry?.intents
  }

  async function drop(workflowId: string): Promise<string[]> {
    const intents = await take(workflowId)
    if (!intents) return []
    const ids = intents.all.map(({ delivery }) => delivery.id)
    const [first] = intents.all
    if (first) await recorder.giveBack(first.delivery.tenantId, ids, intents.token)
    return ids
  }

  return {
    take,
    drop,
    close: async () => {
      isClosed = true
      const end = Date.now() + CLOSING_MS
      while (written.size > 0 && Date.now() < end) await wait(LOOK_MS)
      await Promise.allSettled([...written.keys()].map(drop))
    },
    begin: (tenantId, eventIds, workflowId) => {
      // A start that is tried again, or whose dispatch may be another process's.
      if (isClosed || written.has(workflowId)) return
      const intents = write(tenantId, eventIds, workflowId, 'ahead')
      // Whoever takes them hears of a failure.
      intents.catch(() => undefined)
      const timer = setTimeout(() => void drop(workflowId).catch(() => undefined), PATIENCE_MS)
      written.set(workflowId, { intents, timer })
    },
  }
}
