import type { Pace } from './actors/drive'

/** One load: so many events, as many clients publish in turn or as a clock says. */
export interface Load {
  events: number
  pace: Pace
  /** Published so many at a time; one by one without it. */
  batch?: number
}

const CLIENTS = 32
/** So that no run measures a cold compiler, an empty connection pool or a first index. */
export const WARM_UP: Load = { events: 300, pace: { clients: CLIENTS } }

export interface Plan {
  burst: Load
  steady: Load
  fanOut: Load & { webhooks: number }
  dead: Load & { batch: number }
  deadOneByOne: Load
  plainBurst: Load
  histories: Load & { single: number }
}

/** The loads of every run; `scale` below 1 makes a quick look of it. */
export function planOf(scale: number): Plan {
  const load = (events: number, pace: Pace = { clients: CLIENTS }): Load => ({
    events: Math.max(20, Math.round(events * scale)),
    pace,
  })
  return {
    burst: load(3_000),
    steady: load(1_000, { perSecond: 50 }),
    fanOut: { ...load(500), webhooks: 10 },
    // As a core system at the end of its day: groups of a hundred form from the first moment on.
    dead: { ...load(5_000, { clients: 4 }), batch: 250 },
    // With no more events waiting than there are clients, groups stay small: an even, slow stream.
    deadOneByOne: load(1_000),
    // A third of the burst: it is an even, slow stream, and its rate is told by then.
    plainBurst: load(1_000),
    histories: { ...load(1_000), single: 50 },
  }
}

/** Five attempts with short waits: 100, 200, 400 and 800 ms. */
export const SHORT_WAITS = { maximumAttempts: 5, initialInterval: '100ms', backoffCoefficient: 2 }

/** The least that a release must reach, and what the prototype reached. */
export const MUSTS = { burstToFloor: 8, steadyToFloor: 2.5, parkedPerSecond: 300, heraldPeakMb: 450 }
export const AIMS = { burstPerSecond: 630, steadyMedianMs: 39, steadyP99Ms: 110, deliveriesPerSecond: 2_100, parkedPerSecond: 678 }
