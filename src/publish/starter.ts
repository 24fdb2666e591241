import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { GROUP_LIMITS, type HeraldEvent } from '../domain/event'

export type Startable = Pick<HeraldEvent, 'id' | 'tenantId' | 'typeId' | 'type'>

/** Starts one workflow for events of one tenant; answers its id. Safe to repeat. */
export type StartWorkflow = (tenantId: string, events: Startable[]) => Promise<string>

export interface Starter {
  /** Resolves with the id of the workflow once the event has one, however long Temporal is away. */
  submit: (event: Startable) => Promise<string>
  /** What waits here for a start: its leases are renewed. */
  waiting: () => Startable[]
  /** How many webhooks an event of the tenant goes to, so that groups stay within their deliveries. */
  observeFanOut: (tenantId: string, webhooks: number) => void
}

export interface StarterOptions {
  start: StartWorkflow
  /** 1 turns grouping off. */
  eventsPerWorkflow: number
  maxInFlight: number
  logger: Logger
  stopping: AbortSignal
}

interface Waiting {
  event: Startable
  resolve: (workflowId: string) => void
}

const AWAY_MS = 1_000

/**
 * Group commit of workflow starts: at most `maxInFlight` starts are under way, and what arrives
 * meanwhile goes, tenant by tenant in turn, into the next ones. Idle: one event, one workflow, at once.
 */
export function createStarter(options: StarterOptions): Starter {
  const { start, eventsPerWorkflow, maxInFlight, logger, stopping } = options
  /** A tenant that was served goes to the end. */
  const queues = new Map<string, Waiting[]>()
  const starting = new Set<Waiting[]>()
  const fanOut = new Map<string, number>()

  function nextGroup(): Waiting[] {
    const [first] = queues
    if (!first) return []
    const [tenantId, queue] = first
    const group = queue.splice(0, groupSize(tenantId, queue))
    queues.delete(tenantId)
    if (queue.length > 0) queues.set(tenantId, queue)
    return group
  }

  function groupSize(tenantId: string, queue: Waiting[]): number {
    const byDeliveries = Math.floor(GROUP_LIMITS.deliveries / Math.max(1, fanOut.get(tenantId) ?? 1))
    const most = Math.max(1, Math.min(eventsPerWorkflow, byDeliveries, queue.length))
    let bytes = 2
    let size = 0
    while (size < most && (bytes += (queue[size]?.event.id.length ?? 0) + 3) <= GROUP_LIMITS.idBytes) size += 1
    return Math.max(1, size)
  }

  /** The same group is tried until it is started: a start whose answer was lost is then recognised. */
  async function run(group: Waiting[], tenantId: string): Promise<void> {
    starting.add(group)
    while (!stopping.aborted) {
      try {
        const workflowId = await start(tenantId, group.map(({ event }) => event))
        for (const { resolve } of group) resolve(workflowId)
        break
      } catch (error) {
        logger.warn({ err: error, tenantId, events: group.length }, 'Temporal did not start a workflow: trying again')
        await wait(AWAY_MS)
      }
    }
    starting.delete(group)
    pump()
  }

  function pump(): void {
    while (starting.size < maxInFlight && queues.size > 0) {
      const group = nextGroup()
      const [first] = group
      if (first) void run(group, first.event.tenantId)
    }
  }

  return {
    submit: (event) =>
      new Promise<string>((resolve) => {
        const queue = queues.get(event.tenantId)
        if (queue) queue.push({ event, resolve })
        else queues.set(event.tenantId, [{ event, resolve }])
        pump()
      }),
    waiting: () => [...starting, ...queues.values()].flat().map(({ event }) => event),
    observeFanOut: (tenantId, webhooks) => void fanOut.set(tenantId, webhooks),
  }
}
