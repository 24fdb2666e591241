import { LRUCache } from 'lru-cache'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { GROUP_LIMITS, type HeraldEvent } from '../domain/event'
import { priorityOf } from '../domain/timing'
import { within } from '../domain/within'
import { isRefused } from '../temporal/start'

export type Startable = Pick<HeraldEvent, 'id' | 'tenantId' | 'typeId' | 'type' | 'priority' | 'deliverAt'>

export interface Started {
  workflowId: string
  /** Settles when this process has made the workflow's first attempts. */
  dispatched: Promise<unknown>
}

/** Starts one workflow for events of one tenant. Safe to repeat. */
export type StartWorkflow = (tenantId: string, events: Startable[]) => Promise<Started>

/**
 * `start` is there when the event was taken at once; else it waits its turn. It answers the workflow's
 * id, none when Temporal has refused the event.
 */
export interface Submission {
  start?: Promise<string | undefined>
}

export interface Starter {
  /** Hands an event over for its start, which is tried however long Temporal is away. One that has time waits a moment for others, to share a workflow with them. */
  submit: (event: Startable, hasTime?: boolean) => Promise<Submission>
  /** An event of the tenant that is submitted now is started at once, alone. */
  isIdle: (tenantId: string) => boolean
  /** What waits here for a start: its leases are renewed. */
  waiting: () => Startable[]
  /** At the end of a process: what waits for others is started too. Settles once nothing waits, or after 2 s; the journal has the rest. */
  drain: () => Promise<void>
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
  /** When its turn is, in ms: it came then, or is as urgent as one that did. */
  turn: number
  /** Set when the event is taken into a group. */
  start?: Promise<string | undefined>
}

const AWAY_MS = 1_000
const REFUSED = 'Temporal refuses this start: a group is started event by event, a single event again when its lease has run out'

/** What is more than this is left to the sweeper: the journal has it, and memory is bounded. */
export const MAX_WAITING = 20_000

/** So much waiting makes up for a step of priority: what is urgent overtakes, and nothing starves. */
const STEP_MS = 2_000

/** For so long a tenant whose events come now and then is reckoned with. */
const SERVED_MS = 1_000

/** For so long what has time is gathered. */
const GATHER_MS = 500

/** The end of a process waits so long for starts. */
const DRAIN_MS = 2_000
const DRAIN_STEP_MS = 10

/** A place in flight is given back after this, though a slow receiver may keep the dispatch for longer. */
const DISPATCH_WAIT_MS = 200

/**
 * Group commit of workflow starts: at most `maxInFlight` workflows are being started and dispatched,
 * and what arrives meanwhile goes, tenant by tenant in turn, the urgent first, into the next ones. Idle: one event, one
 * workflow, at once. The busier the process, the larger the groups and the cheaper an event. A
 * tenant's storm leaves room to the others.
 */
export function createStarter(options: StarterOptions): Starter {
  const { start, eventsPerWorkflow, maxInFlight, logger, stopping } = options
  /** A tenant that was served goes to the end. */
  const queues = new Map<string, Waiting[]>()
  const starting = new Set<Waiting[]>()
  /** What has time, by tenant. */
  const gathering = new Map<string, Waiting[]>()
  /** The tenants of the workflows that are being started and dispatched. */
  const busy: string[] = []
  const fanOut = new Map<string, number>()
  /** The tenants that were served lately. */
  const served = new LRUCache<string, true>({ max: 1_000, ttl: SERVED_MS })
  let queued = 0
  let isDraining = false
  let pumping: Promise<void> | undefined

  function nextGroup(tenantId: string): Waiting[] {
    const queue = queues.get(tenantId) ?? []
    const group = queue.splice(0, groupSize(tenantId, queue))
    queued -= group.length
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

  async function run(group: Waiting[], tenantId: string): Promise<void> {
    busy.push(tenantId)
    served.set(tenantId, true)
    starting.add(group)
    const starts = startGroup(tenantId, group.map(({ event }) => event))
    for (const waiting of group) waiting.start = starts.then((known) => known.get(waiting.event.id)?.workflowId)
    const started = [...new Set((await starts).values())]
    starting.delete(group)
    await within(Promise.all(started.map(({ dispatched }) => dispatched)), DISPATCH_WAIT_MS)
    busy.splice(busy.indexOf(tenantId), 1)
    pump()
  }

  /** By event id; none for what Temporal has refused. A refused group is started again event by event. */
  async function startGroup(tenantId: string, events: Startable[]): Promise<Map<string, Started>> {
    const started = await startPatiently(tenantId, events)
    if (started) return new Map(events.map(({ id }) => [id, started]))
    const alone = new Map<string, Started>()
    if (events.length === 1) return alone
    for (const event of events) for (const entry of await startGroup(tenantId, [event])) alone.set(...entry)
    return alone
  }

  /** The same is tried until it is started: a start whose answer was lost is then recognised. */
  async function startPatiently(tenantId: string, events: Startable[]): Promise<Started | undefined> {
    for (;;) {
      try {
        return await start(tenantId, events)
      } catch (error) {
        if (isRefused(error)) {
          logger.error({ err: error, tenantId, eventIds: events.map(({ id }) => id) }, REFUSED)
          return undefined
        }
        logger.warn({ err: error, tenantId, events: events.length }, 'Temporal did not start a workflow: trying again')
        await wait(AWAY_MS)
        // The journal has them: another process, or the next one, starts them.
        if (stopping.aborted) return new Promise(() => undefined)
      }
    }
  }

  /** Those with whole groups waiting. */
  const storms = (): string[] => [...queues].filter(([, queue]) => queue.length >= GROUP_LIMITS.events).map(([tenantId]) => tenantId)

  const isAlone = (tenantId: string): boolean =>
    [queues.keys(), busy, served.keys()].every((tenants) => [...tenants].every((other) => other === tenantId))

  /** Beside others, a storm leaves them a place, and they have one more. */
  function hasRoom(tenantId: string, storming: string[]): boolean {
    if (!storming.includes(tenantId)) return busy.length < maxInFlight + (storming.length > 0 ? 1 : 0)
    return busy.length < maxInFlight && (maxInFlight === 1 || !busy.includes(tenantId) || isAlone(tenantId))
  }

  function pump(): void {
    while (busy.length <= maxInFlight) {
      const storming = storms()
      const tenantId = [...queues.keys()].find((id) => hasRoom(id, storming))
      if (tenantId === undefined) return
      void run(nextGroup(tenantId), tenantId)
    }
  }

  function enqueue(waiting: Waiting): void {
    const { tenantId } = waiting.event
    const queue = queues.get(tenantId)
    if (queue) lineUp(queue, waiting)
    else queues.set(tenantId, [waiting])
  }

  function gather(waiting: Waiting): void {
    const { tenantId } = waiting.event
    const gathered = gathering.get(tenantId)
    if (gathered) return void gathered.push(waiting)
    gathering.set(tenantId, [waiting])
    setTimeout(() => startGathered(tenantId), GATHER_MS).unref()
  }

  function startGathered(tenantId: string): void {
    const all = gathering.get(tenantId) ?? []
    gathering.delete(tenantId)
    all.forEach(enqueue)
    void pumpSoon()
  }

  const allWaiting = (): Startable[] => [...starting, ...queues.values(), ...gathering.values()].flat().map(({ event }) => event)

  /** After everything that is submitted in the same moment: a batch is not torn into single events. */
  const pumpSoon = (): Promise<void> =>
    (pumping ??= Promise.resolve().then(() => {
      pumping = undefined
      pump()
    }))

  return {
    submit: async ({ id, tenantId, typeId, type, priority, deliverAt }, hasTime = false) => {
      if (queued >= MAX_WAITING) return {}
      // Without its data, which the journal has.
      const event = { id, tenantId, typeId, type, priority, deliverAt }
      const waiting: Waiting = { event, turn: Date.now() + priorityOf(event) * STEP_MS }
      queued += 1
      if (hasTime && eventsPerWorkflow > 1 && !isDraining) {
        gather(waiting)
        return {}
      }
      enqueue(waiting)
      await pumpSoon()
      return waiting.start ? { start: waiting.start } : {}
    },
    isIdle: (tenantId) => !queues.has(tenantId) && hasRoom(tenantId, storms()),
    waiting: allWaiting,
    drain: async () => {
      isDraining = true
      for (const tenantId of gathering.keys()) startGathered(tenantId)
      for (const endsAt = Date.now() + DRAIN_MS; allWaiting().length > 0 && Date.now() < endsAt; ) await wait(DRAIN_STEP_MS)
    },
    observeFanOut: (tenantId, webhooks) => void fanOut.set(tenantId, webhooks),
  }
}

/** Behind everything whose turn is not later: what is equally urgent keeps its order. */
function lineUp(queue: Waiting[], waiting: Waiting): void {
  const before = queue.findLastIndex(({ turn }) => turn <= waiting.turn)
  queue.splice(before + 1, 0, waiting)
}
