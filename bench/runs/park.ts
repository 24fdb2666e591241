import { connect } from 'node:net'
import { openBank, type Bank } from '../bank'
import { breaches, type Expected } from '../check/promise'
import { readRecords, settled, type Records } from '../check/records'
import { now } from '../clock'
import { earliest, latest } from '../measure/statistics'
import { peakMb, startMeter } from '../measure/usage'
import { SHORT_WAITS, type Load } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'
import { grouping } from './deliver'
import { eventsOf } from './events-of'

/**
 * Nobody listens here, and no connection of this machine starts here: a free port of the ephemeral
 * range would sooner or later connect to itself.
 */
/** Nothing listens there, and no other protocol has it, so that Herald calls it. */
const DEAD_PORT = 4
export const DEAD_URL = `http://127.0.0.1:${DEAD_PORT}/`

export interface ParkRun extends Load {
  run: string
  title: string
}

/** Publishes to an endpoint that refuses every connection, from the first publish until all is parked. */
export async function park(stage: Stage, input: ParkRun): Promise<Result> {
  await mustBeDead()
  const bank = await openBank(stage, input.run)
  try {
    return await measure(bank, input)
  } finally {
    await bank.stop()
  }
}

async function measure(bank: Bank, { run, title, ...load }: ParkRun): Promise<Result> {
  const webhook = await bank.subscribe({ url: DEAD_URL }, { retry: SHORT_WAITS })
  // Records have times of the calendar.
  const calendar = Date.now() - now()
  const stopMeter = startMeter(bank.pids)
  const publishedAt = await bank.publish(run, load)
  const acceptedAt = now()
  await settled(bank.store, { tenantIds: [bank.tenantId] }, 'parked', load.events)
  const { cpuMs, othersCores } = stopMeter()
  const heraldPeakMb = peakMb(bank.herald.pid)
  const records = await readRecords(bank.store, [bank.tenantId])
  const parkedAt = lastParkedAt(records) - calendar
  const begun = earliest(publishedAt)
  const { maximumAttempts } = SHORT_WAITS
  const expected: Expected = { events: eventsOf(run, load.events), webhooks: [webhook], statuses: ['parked'], maximumAttempts }
  return {
    run,
    title,
    events: load.events,
    figures: {
      eventsPerSecond: load.events / ((parkedAt - begun) / 1_000),
      acceptedPerSecond: load.events / ((acceptedAt - begun) / 1_000),
      ...grouping(records, load.events),
    },
    cpuMsPerEvent: perEvent(cpuMs, load.events),
    violations: breaches([expected], records, []),
    ...(heraldPeakMb !== undefined && { heraldPeakMb }),
    ...(othersCores !== undefined && { othersCores }),
  }
}

/** In ms since 1970. */
export const lastParkedAt = ({ deliveries }: Records): number =>
  latest(deliveries.flatMap(({ parkedAt }) => parkedAt?.getTime() ?? []))

export function mustBeDead(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: DEAD_PORT })
    socket.on('connect', () => {
      socket.destroy()
      reject(new Error(`Something listens on port ${DEAD_PORT} of this machine; the run with a dead endpoint needs it closed`))
    })
    socket.on('error', () => resolve())
  })
}
