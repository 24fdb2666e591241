import { startActor } from '../actors/calls'
import type { FloorCalls, FloorForm } from '../floor/floor'
import { earliest, latest, percentile } from '../measure/statistics'
import { startMeter } from '../measure/usage'
import { WARM_UP, type Load } from '../plan'
import { perEvent, type Result } from '../result'
import type { Stage } from '../stage'

export interface FloorRun extends Load {
  run: string
  title: string
  form: FloorForm
}

let runs = 0

/** What Temporal and its TypeScript SDK need for an event when nothing else is done. */
export async function floor({ stack }: Stage, { run, title, form, ...load }: FloorRun): Promise<Result> {
  const name = `floor-${run}-${++runs}`
  const actor = startActor<FloorCalls>('../floor/floor')
  try {
    await actor.call('start', { address: stack.temporalAddress, taskQueue: name })
    await actor.call('run', { form, prefix: `${name}-warm-up`, ...WARM_UP })
    const stopMeter = startMeter({ floor: actor.pid, temporal: stack.pids.temporal ?? 0 })
    const { publishedAt, arrivedAt } = await actor.call('run', { form, prefix: name, ...load })
    const { cpuMs, othersCores } = stopMeter()
    const latencies = arrivedAt.map((at, i) => at - (publishedAt[i] ?? Number.NaN))
    await actor.call('stop')
    return {
      run,
      title,
      events: load.events,
      figures: {
        eventsPerSecond: load.events / ((latest(arrivedAt) - earliest(publishedAt)) / 1_000),
        medianMs: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
      },
      cpuMsPerEvent: perEvent(cpuMs, load.events),
      violations: arrivedAt.length === load.events ? [] : [`${arrivedAt.length} of ${load.events} activities ran`],
      ...(othersCores !== undefined && { othersCores }),
    }
  } finally {
    await actor.stop()
  }
}
