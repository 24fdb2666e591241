import type { Logger } from 'pino'
import type { HeraldEvent } from '../domain/event'
import { groupBy } from '../domain/group-by'
import { eventKey } from '../domain/ids'
import type { Overdue } from '../store/event-leases'
import type { EventStore } from '../store/events'
import type { ScheduleStore } from '../store/schedule'
import type { WorkflowMessages } from '../temporal/messages'
import { isRefused, type WorkflowStarts } from '../temporal/start'
import type { Alarm } from './alarm'
import { LEASE_MS } from './journal'
import { MAX_WAITING, type Starter } from './starter'

export interface SweeperDeps {
  events: EventStore
  schedule: Pick<ScheduleStore, 'nextDue'>
  alarm: Pick<Alarm, 'by'>
  starter: Starter
  starts: Pick<WorkflowStarts, 'redeliver'>
  messages: Pick<WorkflowMessages, 'isRunning'>
  starterId: string
  isStarterGone: (starter: string) => boolean
  logger: Logger
}

export interface Sweeper {
  /** At the start of a process: what a dead one on this host held need not wait for its lease to end. */
  inherit: () => Promise<void>
  /** Starts what is due and nobody has started, or what was started and lost before it was dispatched. */
  sweep: () => Promise<void>
  /** Keeps the leases of what waits in this process. */
  renew: () => Promise<void>
}

const PAGE = 1_000
/** How long a started workflow is left alone before it is asked about. */
export const STARTED_LEASE_MS = 60_000

export function createSweeper(deps: SweeperDeps): Sweeper {
  const { events, starter, starts, messages, starterId, isStarterGone, logger } = deps
  const lease = (ms: number) => ({ starter: starterId, until: new Date(Date.now() + ms) })

  async function checkStarted(workflowId: string, group: Overdue[]): Promise<void> {
    const all = group.map(({ event }) => event)
    for (const [tenantId, members] of groupBy(all, (event) => event.tenantId)) {
      if (await messages.isRunning(workflowId)) await mark(tenantId, members, workflowId)
      else await redeliver(tenantId, members, workflowId)
    }
  }

  const mark = (tenantId: string, members: HeraldEvent[], carrier: string): Promise<void> =>
    events.markStarted(tenantId, members.map(({ id }) => id), carrier, new Date(Date.now() + STARTED_LEASE_MS))

  /** What Temporal refuses must not keep the others from being started. */
  async function redeliver(tenantId: string, members: HeraldEvent[], lost: string): Promise<void> {
    try {
      await mark(tenantId, members, await starts.redeliver(tenantId, members, lost))
    } catch (error) {
      if (!isRefused(error)) throw error
      logger.error({ err: error, tenantId, eventIds: members.map(({ id }) => id) }, 'Temporal refuses this start')
      if (members.length > 1) for (const member of members) await redeliver(tenantId, [member], lost)
    }
  }

  /** The starter renews their leases and marks them. */
  const submit = (group: Overdue[]): Promise<unknown> => Promise.all(group.map(({ event }) => starter.submit(event)))

  async function sweepPage(): Promise<number> {
    const overdue = await events.takeOverdue(lease(LEASE_MS), PAGE)
    const waiting = new Set(starter.waiting().map(({ tenantId, id }) => eventKey(tenantId, id)))
    for (const [workflowId, group] of groupBy(overdue, (one) => one.workflowId)) {
      if (workflowId !== undefined) await checkStarted(workflowId, group)
      else await submit(group.filter(({ event }) => !waiting.has(eventKey(event.tenantId, event.id))))
    }
    return overdue.length
  }

  /** What this process cannot keep is left to others, or until it can. */
  const hasRoom = (): boolean => starter.waiting().length + PAGE <= MAX_WAITING

  async function sweepAll(): Promise<void> {
    while (hasRoom() && (await sweepPage()) === PAGE);
    const next = await deps.schedule.nextDue()
    if (next) deps.alarm.by(next)
  }

  let sweeping: Promise<void> | undefined

  return {
    inherit: async () => {
      const gone = (await events.starters()).filter(isStarterGone)
      if (gone.length > 0) await events.endLeases(gone)
    },
    // One at a time: of two at once, both would take the same for theirs.
    sweep: () => (sweeping ??= sweepAll().finally(() => (sweeping = undefined))),
    renew: async () => {
      const waiting = starter.waiting()
      if (waiting.length > 0) await events.renew(waiting, lease(LEASE_MS))
    },
  }
}
