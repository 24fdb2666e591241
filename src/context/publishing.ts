import { hostname } from 'node:os'
import { createAhead } from '../../activities/ahead'
import { createWriteIntents } from '../../activities/intents'
import { usesQueueAlone } from '../domain/lanes'
import { isGone } from '../domain/process-id'
import { createAlarm, type Alarm } from '../publish/alarm'
import { createDispatches } from '../publish/dispatches'
import { createJournal } from '../publish/journal'
import { createMarks } from '../publish/marks'
import { createPublisher } from '../publish/publisher'
import { createStartGroup } from '../publish/start-group'
import { createStarter } from '../publish/starter'
import { createSweeper } from '../publish/sweeper'
import type { Ground } from './ground'
import type { Sending } from './sending'
import type { Stores } from './stores'

/** From a publish to the start of a workflow. */
export type Publishing = ReturnType<typeof createPublishing>

/** Two are enough for the pressure that makes groups. */
const STARTS_IN_FLIGHT = 2

export function createPublishing(ground: Ground, stores: Stores, { lanes, retryAfters }: Sending) {
  const { config, logger, store, starts, messages, metrics, faults, stopping, dispatchesHere } = ground
  const { events, schedule, deliveries, webhooks, recorder } = stores
  const { processId } = config
  const dispatches = createDispatches()
  const journal = createJournal({ events, starterId: processId, storeAwayEverSince: store.awayEverSince })
  const ahead = createAhead(createWriteIntents({ journal, events, schedule, webhooks, deliveries, recorder, lanes, retryAfters, isRunning: messages.isRunning, logger }), { recorder })
  const starter = createStarter({
    eventsPerWorkflow: config.eventsPerWorkflow,
    maxInFlight: STARTS_IN_FLIGHT,
    logger,
    stopping: stopping.signal,
    start: createStartGroup({ starts, ahead, dispatches, dispatchesHere, events, metrics, faults, logger }),
  })
  async function hasTime(tenantId: string, typeId: number): Promise<boolean> {
    if (lanes.isCalm()) return false
    const found = await webhooks.subscribers(tenantId, [typeId]).catch(() => [])
    // The queue of a webhook that keeps order, or a rate, is its only way, also when it is well.
    return found.length > 0 && found.every((webhook) => !usesQueueAlone(webhook) && lanes.isCongested(webhook.id))
  }

  const alarm: Alarm = createAlarm({ ring: () => sweeper.sweep(), logger })
  const self = { host: hostname(), pid: process.pid, id: processId }
  const isStarterGone = (id: string): boolean => isGone(id, self, isAlive)
  const sweeper = createSweeper({ events, schedule, alarm, starter, starts, messages, starterId: processId, isStarterGone, logger })
  return {
    journal,
    marks: createMarks(events, logger),
    dispatches,
    ahead,
    starter,
    alarm,
    sweeper,
    publisher: createPublisher({ events, journal, starter, dispatchesHere, hasTime, metrics, onScheduled: alarm.by, faults }),
  }
}

/** A signal 0 only asks (kill(2)); EPERM is the answer of a process that lives. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
